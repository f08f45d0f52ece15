"""Practice, tried by someone who wants it to last longer, to cover more, or to be switched by others."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from edge.config import Privacy, Settings
from edge.privacy import practice
from edge.privacy.practice import MOST_MINUTES, Clocks, Period, Practice, Switch
from edge.privacy.settings import PrivacyStore
from edge.publisher.payloads import PayloadBuilder
from tests.support.counts import counts, record

BEGUN = Clocks(monotonic=5000.0, boot=5200.0)
PERIOD = Period(machine_boot="this boot", begun_monotonic=5000.0, begun=5200.0, until=7000.0)


class Room:
    """A device whose switch, clocks and start of the machine a test sets."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "practice.json"
        self.now = BEGUN
        self.machine = "this boot"
        self.practice = Practice(self.path, lambda: self.now, lambda: self.machine)
        self.write()
        store = PrivacyStore(folder / "none", Privacy(), self.practice)
        self._payloads = PayloadBuilder(Settings(), "pi", store)
        self._seq = 0

    def write(self, content: str | None = None, mode: int = 0o644, **changes: Any) -> None:
        period = PERIOD.model_dump() | changes
        self.path.unlink(missing_ok=True)
        self.path.write_text(json.dumps(period) if content is None else content)
        self.path.chmod(mode)

    def passes(self, seconds: float) -> None:
        self.now = Clocks(self.now.monotonic + seconds, self.now.boot + seconds)

    def publish(self, people: float, ago: float = 0.0) -> tuple[float | None, int, bool]:
        """Publish an interval that ended `ago` seconds ago; return people, min_group and mark of its record."""
        self._seq += 1
        values = counts(people).model_dump() | {"interval_seconds": 10}
        payload = self._payloads.build(record(self._seq, self.now.monotonic - ago, **values))
        return payload["faces"]["mean"], payload["privacy"]["min_group"], payload["practice"]


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_one_person_is_told_and_marked_until_it_ends_by_itself(room: Room) -> None:
    room.passes(20)
    assert room.publish(1.0) == (1.0, 1, True)
    room.passes(1770)
    assert room.publish(1.0) == (1.0, 1, True)
    room.passes(10)
    assert room.publish(1.0) == (None, 5, False)


def test_without_the_file_nothing_is_told(room: Room) -> None:
    room.path.unlink()
    assert room.publish(1.0) == (None, 5, False)


def test_what_was_counted_before_is_none_of_it(room: Room) -> None:
    """Records of a lesson that waited for the publisher stay withheld, also one that practice began within."""
    room.passes(30)
    assert room.publish(1.0, ago=40.0) == (None, 5, False)
    assert room.publish(1.0, ago=16.0) == (None, 5, False), "an interval can last one and a half lengths"
    assert room.publish(1.0, ago=15.0) == (1.0, 1, True)


def test_an_observer_cannot_name_a_time_to_come(room: Room) -> None:
    room.passes(30)
    assert room.publish(1.0, ago=-1.0) == (None, 5, False)


def test_afterwards_it_begins_as_after_a_withheld_interval(room: Room) -> None:
    room.path.unlink()
    room.publish(7.0)
    assert room.publish(5.0)[0] == 5.0
    room.write()
    room.passes(20)
    assert room.publish(7.0) == (7.0, 1, True)
    room.path.unlink()
    assert room.publish(5.0) == (None, 5, False)
    assert room.publish(6.0) == (6.0, 5, False)


@pytest.mark.parametrize(
    "doubt",
    [
        {"machine_boot": "an earlier boot"},
        {"machine_boot": ""},
        {"until": 5200.0 + 60 * MOST_MINUTES + 1},
        {"until": 5200.0},
        {"begun": 5300.0},
        {"begun_monotonic": 5300.0},
        {"until": 1e12},
        {"content": ""},
        {"content": "{}"},
        {"content": "[" * 2000},
        {"content": '{"until": 1e999}'},
        {"mode": 0o666},
        {"mode": 0o664},
    ],
)
def test_in_doubt_it_has_ended(room: Room, doubt: dict[str, Any]) -> None:
    room.passes(20)
    assert room.practice.seconds_left > 0
    room.write(**doubt)
    assert room.practice.seconds_left == 0
    assert room.publish(1.0) == (None, 5, False)


def test_who_cannot_know_the_boot_believes_only_what_lies_in_memory(
    room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the publisher's unit, which sees of /proc only processes."""
    room.passes(20)
    room.machine = ""
    assert room.publish(1.0) == (None, 5, False)
    monkeypatch.setattr(practice, "_MEMORY", tmp_path)
    assert room.publish(1.0) == (1.0, 1, True)
    room.machine = "the next boot"
    assert room.practice.seconds_left == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a file to another user")
def test_a_file_of_another_user_does_not_count(room: Room) -> None:
    os.chown(room.path, 65534, 65534)
    assert room.practice.seconds_left == 0


def test_what_is_no_file_does_not_count(room: Room, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    room.path.rename(elsewhere)
    room.path.symlink_to(elsewhere)
    assert room.practice.seconds_left == 0
    room.path.unlink()
    os.mkfifo(room.path)
    assert room.practice.seconds_left == 0


def test_a_machine_that_sleeps_does_not_prolong_it(room: Room) -> None:
    room.now = Clocks(monotonic=BEGUN.monotonic + 5, boot=PERIOD.until)
    assert room.practice.seconds_left == 0


def test_the_switch_begins_ends_and_says_so_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    path = tmp_path / "practice.json"
    reader, switch = Practice(path), Switch(path)
    assert not reader.changed()
    switch.begin(30)
    assert 29 * 60 < reader.seconds_left <= 30 * 60
    assert (reader.changed(), reader.changed()) == (True, False)
    assert (switch.end(), switch.end()) == (True, False)
    assert (reader.changed(), reader.seconds_left) == (True, 0.0)
    assert ["min_group is 1" in each.message for each in caplog.records] == [True, False]


def test_the_switch_trusts_no_folder_that_others_write_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(PermissionError, match="others may write"):
        Switch(tmp_path / "practice.json").begin(30)
