"""What a device runs after an upgrade, by wheel, version or model."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.errors import UnusableInput
from edge.fleet.hosts import Host, read_inventory
from edge.fleet.target import Target, read_model, read_release, read_targets
from edge.model.metadata import read_metadata
from edge.model.path import model_path
from tests.support.plans import info, release

STANDARD = read_metadata(model_path("standard")).model_name
FORMER = STANDARD[:-2] + "0)"


@pytest.mark.parametrize(
    ("runs", "then"),
    [
        ({"model": FORMER}, STANDARD),  # the release has another version of the same model
        ({"model": "ours (sha256 000000000000)"}, "ours (sha256 000000000000)"),  # not of a release: it stays
        ({"model": None, "mode": "presence"}, ""),
    ],
)
def test_a_release_brings_its_models(tmp_path: Path, runs: dict[str, str | None], then: str) -> None:
    target = Target(read_release(str(release(tmp_path, "0.9.0"))))
    before = info(version="0.2.0", **runs)
    assert (target.version_for(before), target.model_for(before)) == ("0.9.0", then)
    assert not target.is_reached(before)
    assert target.is_reached(before.model_copy(update={"version": "0.9.0", "model": then or None}))


def test_a_model_alone_leaves_the_version() -> None:
    target = Target(None, read_model(str(model_path("small"))))
    assert target.version_for(info(version="0.2.0")) == "0.2.0"
    assert not target.is_reached(info(version="0.2.0", model=STANDARD))
    assert target.is_reached(info(version="0.2.0", model=target.model))
    assert target.is_reached(info(version="0.2.0", model=None, mode="presence")), "it loads no model"


def test_the_release_of_the_command_line_stands_above_that_of_a_host(tmp_path: Path) -> None:
    host = Host(host="a", site="north", device="pi", wheel=str(release(tmp_path, "0.9.0")))
    of_host, of_command = (read_targets(wheel, "", [host]).of(host.place) for wheel in ("", "1.0"))
    assert [one.release.version for one in (of_host, of_command) if one.release] == ["0.9.0", "1.0"]


def _damaged(folder: Path) -> str:
    path = release(folder)
    path.write_bytes(path.read_bytes()[:-30])
    return str(path)


@pytest.mark.parametrize(
    "name",
    [lambda _folder: "newest", lambda _folder: "emotion_edge-1.0-py3-none-any.whl", _damaged, lambda _f: "x.whl"],
)
def test_what_is_no_release_is_refused_by_name(tmp_path: Path, name: Callable[[Path], str]) -> None:
    named = name(tmp_path)
    with pytest.raises(UnusableInput) as error:
        read_release(named)
    assert error.value.thing == named


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"hosts": [{"host": "a", "site": "n", "device": "x"}, {"host": "b", "site": "n", "device": "x"}]}', "(a, b)"),
        ('{"hosts": [{"host": "a", "site": "n"}]}', "hosts.0.device: Field required"),
        ('{"hosts": [], "batches": ["many"]}', "batches.0"),
    ],
)
def test_an_inventory_that_cannot_be_used_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "upgrade.json").write_text(text)
    with pytest.raises(UnusableInput) as error:
        read_inventory(tmp_path / "upgrade.json")
    assert problem in error.value.problem
