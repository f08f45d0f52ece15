"""Any byte of any state file may be damaged: the device counts on, what cannot be right is set aside and reported."""

import logging
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from edge.config import Settings
from edge.publisher.spool.damage import set_aside
from edge.system.state_file import files_set_aside
from tests.support.state import STATE_FILES, sound_spool, spool_goes_on, start


@pytest.fixture(autouse=True)
def without_log() -> Iterator[None]:
    """Hundreds of damaged files: pytest would keep every line that they cause."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    """A spool of three records, as an orderly stop leaves it."""
    return sound_spool(tmp_path / "whole")


@examples(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 20_000), st.binary(max_size=40)), min_size=1, max_size=5), st.booleans())
def test_a_spool_with_much_damage_takes_records_again(
    tmp_path: Path,
    whole: bytes,
    changes: list[tuple[int, bytes]],
    cut: bool,  # noqa: FBT001 - Hypothesis's
) -> None:
    state = tmp_path / "state"
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir()
    broken = bytearray(whole)
    for at, some in changes:
        broken[at : at + len(some)] = some
    (state / "spool.sqlite").write_bytes(broken[: changes[0][0]] if cut else broken)
    spool_goes_on(state)


@pytest.mark.parametrize("name", ["spool.sqlite", "device-id", "last-exit", "published-as", "home-assistant"])
@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "FIFO"])
def test_something_else_in_the_place_of_a_file_is_set_aside(
    settings: Settings, name: str, make: Callable[[Path], None]
) -> None:
    state = Path(settings.spool.directory)
    state.mkdir()
    make(state / name)
    start(settings)
    assert files_set_aside(state) == [name]


@examples(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(STATE_FILES)), st.data())
def test_no_content_of_a_state_file_stops_a_publisher(settings: Settings, name: str, data: st.DataObject) -> None:
    state = Path(settings.spool.directory)
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir()
    for other, content in STATE_FILES.items():
        (state / other).write_bytes(content)
    broken = bytearray(STATE_FILES[name])
    if data.draw(st.booleans()):
        broken[data.draw(st.integers(0, len(broken) - 1))] ^= data.draw(st.integers(1, 255))
    else:
        broken = bytearray(data.draw(st.binary(max_size=200)))
    (state / name).write_bytes(broken)
    assert start(settings).startswith("dev-")


def test_only_a_few_damaged_files_are_kept(settings: Settings) -> None:
    state = Path(settings.spool.directory)
    state.mkdir()
    for number in range(6):
        (state / "device-id").write_bytes(b"\xff" * (number + 1))
        start(settings)
    kept = sorted(path.name for path in state.glob("*.damaged-*"))
    assert kept == [f"device-id.damaged-{number}" for number in (4, 5, 6)]
    assert (state / kept[-1]).read_bytes() == b"\xff" * 6


def test_an_index_of_the_log_that_filled_the_disk_is_not_kept_with_a_damaged_spool(tmp_path: Path) -> None:
    spool = tmp_path / "spool.sqlite"
    for side in ("", "-wal", "-shm"):
        spool.with_name(spool.name + side).write_bytes(b"\xa5" * 8192)
    set_aside(spool)
    assert {path.name for path in tmp_path.iterdir()} == {"spool.sqlite.corrupt-1", "spool.sqlite.corrupt-1-wal"}
