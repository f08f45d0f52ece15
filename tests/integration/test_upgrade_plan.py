"""`emotion-edge upgrade-plan`: simulated rooms of which not all are well, at a real broker."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge import __version__
from edge.simulation.reports import MODEL
from tests.conftest import SECONDS, Mosquitto
from tests.support.plans import NEWER, release

PAUSED, NO_CAMERA, OFF = 3, 4, 5
"""Numbers of those that are not well; see `edge.simulation.school`."""


def plan(broker: Mosquitto, *words: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "edge", "upgrade-plan", "--url", f"mqtt://127.0.0.1:{broker.port}", *words]
    return subprocess.run(program, capture_output=True, text=True, timeout=2 * SECONDS, check=False)


@pytest.fixture
def rooms(broker: Mosquitto, tmp_path: Path) -> Iterator[None]:
    """Six rooms: one is paused, one's camera fails, one is switched off."""
    config = tmp_path / "config.toml"
    config.write_text(
        f'interval_seconds = 5\n[device]\nsite = "north"\n[mqtt]\nurl = "mqtt://127.0.0.1:{broker.port}"\n'
    )
    words = ["simulate", "--config", str(config), "--devices", "6", "--various"]
    running = subprocess.Popen([sys.executable, "-m", "edge", *words], stdout=subprocess.DEVNULL)
    yield
    running.terminate()
    running.wait(SECONDS)


def hosts(folder: Path, *rows: dict[str, str], **more: Any) -> Path:
    listed = [{"host": f"{row['device']}.example", "site": "north"} | row for row in rows]
    (folder / "upgrade.json").write_text(json.dumps({"hosts": listed} | more))
    return folder / "upgrade.json"


@pytest.mark.usefixtures("rooms")
def test_each_device_has_its_batch_what_becomes_of_it_and_what_is_in_the_way(broker: Mosquitto, tmp_path: Path) -> None:
    words = ("--release", str(release(tmp_path)), "--canaries", "2", "--batches", "1,50%", "--seconds", "60")
    done = plan(broker, *words, "--json", "--html", str(tmp_path / "plan.html"))
    assert done.returncode == 70, done.stderr
    found = json.loads(done.stdout)
    rows = found["rows"]
    assert [row["batch"] for row in rows] == [1, 1, 2, 3, 3, 3]
    assert found["batches"] == [2, 1, 3]
    assert {(row["version"]["now"], row["version"]["then"]) for row in rows} == {(__version__, NEWER)}
    assert {(row["model"]["now"], row["model"]["then"]) for row in rows} == {(MODEL, f"simulated (sha256 {'1' * 12})")}
    states = [row["state"] for row in rows]
    assert states == ["ready"] * OFF + ["blocked"]
    codes = {number: {one["code"] for one in row["troubles"]} for number, row in enumerate(rows)}
    assert (codes[PAUSED], codes[NO_CAMERA], codes[OFF]) == ({"paused"}, {"camera"}, {"offline"})
    page = (tmp_path / "plan.html").read_text()
    assert all(f"sim-{number:05}" in page for number in range(6))
    assert f"{__version__} → {NEWER}" in page


@pytest.mark.usefixtures("rooms")
def test_hosts_that_the_broker_does_not_know_and_the_reverse_are_named(broker: Mosquitto, tmp_path: Path) -> None:
    wheel, same = str(release(tmp_path)), str(release(tmp_path, __version__))
    listed = hosts(
        tmp_path,
        {"device": "pi-<b>lost</b>", "wheel": wheel},
        *({"device": f"sim-{number:05}", "wheel": wheel} for number in range(1, OFF)),
        canaries=1,
        batches=[3],
    )
    words = ("--inventory", str(listed), "--seconds", "15", "--html", str(tmp_path / "plan.html"))
    done = plan(broker, *words)
    assert done.returncode == 70, done.stderr
    lines = done.stdout.splitlines()
    total = "7 devices, 3 batches: 4 can be upgraded, 1 cannot now (!), 0 run it already, 2 are not in the inventory"
    assert total in lines, done.stdout
    assert "No canary can be upgraded now, so upgrade.yml does not begin." in lines
    assert "    ! nothing was heard of pi-<b>lost</b>: is it on, and is the site right? " in done.stdout
    assert "<b>lost" not in (tmp_path / "plan.html").read_text()
    unlisted = [line for line in lines if line.endswith("is not in the inventory") and line != total]
    assert [line.split()[2] for line in unlisted] == ["sim-00000", "sim-00005"]

    there = plan(broker, "--inventory", str(listed), "--release", same, "--model", "", "--seconds", "15", "--json")
    assert there.returncode == 70
    assert json.loads(there.stdout)["there"] == 0, "the model of the release is another one"
    there = plan(broker, "--release", __version__, "--seconds", "60", "--json")
    assert (there.returncode, json.loads(there.stdout)["there"]) == (0, 6), "also one that is off"


def test_a_file_that_cannot_be_used_is_named_before_anything_is_waited_for(broker: Mosquitto, tmp_path: Path) -> None:
    for words in (("--release", "x.whl"), ("--inventory", str(hosts(tmp_path, {"device": ""}))), ("--batches", "x")):
        done = plan(broker, *words, "--seconds", "3600")
        assert done.returncode == 66, done.stderr
        assert words[1].rpartition("/")[2] in done.stderr
