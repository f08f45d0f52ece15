"""What strangers may ask through the broker, and that nothing else is fused_probability."""

import json
import logging
import secrets
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import Privacy, Settings
from edge.contract.records import PrivacyNote
from edge.contract.topics import Topics
from edge.mqtt.events import Acknowledged, Incoming
from edge.privacy.settings import PrivacyStore, configured_note
from edge.publisher.commands import Commands, Refusals
from edge.publisher.event_queue import EventQueue

ROOT = "emotion-edge/v1/site/pi"
FILE = Privacy()


class Device:
    """The commands of one device, what they did, and the clock of its complaints."""

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or Path("/dev/null") / secrets.token_hex(4)  # takes nothing; each test has its own
        self.now = 1000.0
        self.switched: list[bool] = []
        self.privacy_store = PrivacyStore(folder, FILE)
        refusals = Refusals(lambda: self.now)
        self.commands = Commands(
            Topics(Settings(), "pi"), self.privacy_store, self.switched.append, refusals, lambda: self.now
        )

    def hear(self, leaf: str, payload: Any, *, retained: bool = False) -> None:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        self.commands.take(Incoming(f"{ROOT}/{leaf}", body, retained))

    def take(self, leaf: str, payload: Any, *, retained: bool = False) -> None:
        """Let it hear a command, with time enough before the next."""
        self.hear(leaf, payload, retained=retained)
        self.commands.run_due()
        self.now += 1

    @property
    def refused(self) -> int:
        return self.commands.refusals.count


def test_the_switch_pauses_and_resumes() -> None:
    device = Device()
    device.take("pause/set", b"ON")
    device.take("pause/set", b"OFF")
    assert (device.switched, device.refused) == ([True, False], 0)


@pytest.mark.parametrize("leaf", ["pause/set", "privacy/set"])
def test_a_retained_command_is_ignored(leaf: str, caplog: pytest.LogCaptureFixture) -> None:
    """It would come again at every connect, for years."""
    device = Device()
    device.take(leaf, b"ON" if leaf == "pause/set" else {"min_group": 8}, retained=True)
    assert (device.switched, device.privacy_store.now.min_group, device.refused) == ([], 5, 1)
    assert f"{ROOT}/{leaf}: ignored: a retained command" in caplog.text


@given(st.binary(max_size=300).filter(lambda noise: noise not in {b"ON", b"OFF"}))
def test_no_other_bytes_switch_anything(noise: bytes) -> None:
    device = Device()
    device.take("pause/set", noise)
    assert (device.switched, device.refused) == ([], 1)


@given(
    st.binary(max_size=300)
    | st.text().map(str.encode)
    | st.dictionaries(
        st.sampled_from(["min_group", "max_share", "min_cell", "interval_seconds"]),
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text(max_size=5)
        | st.lists(st.integers(), max_size=3),
    )
)
def test_nothing_whatever_loosens_a_setting_or_makes_the_device_fall(payload: Any) -> None:
    device = Device()
    device.take("privacy/set", payload)
    now = device.privacy_store.now
    assert now.min_group >= FILE.min_group
    assert now.max_share <= FILE.max_share
    assert now.min_cell >= FILE.min_cell
    assert PrivacyNote.model_validate(now.model_dump()) == now


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"", "is not the JSON of a privacy command"),
        (b"[]", "is not the JSON of a privacy command"),
        (b"\xff\xfe", "is not the JSON of a privacy command"),
        ({"min_grup": 8}, "is not the JSON of a privacy command"),
        ({"min_group": "8"}, "min_group is not a value of its range"),
        ({"min_group": True}, "min_group is not a value of its range"),
        ({"min_group": 8.5}, "min_group is not a value of its range"),
        ({"max_share": 0.1}, "max_share is not a value of its range"),
        ({"max_share": True}, "max_share is not a value of its range"),
        (b'{"min_cell": 1e999}', "min_cell is not a value of its range"),
        (b'{"min_group": 8}' + b" " * 300, "more than 256 bytes"),
        ({"min_group": 4}, "would loosen min_group, which only the device itself can"),
    ],
)
def test_each_refusal_says_why_without_a_word_of_the_strangers(
    payload: Any, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    device = Device()
    device.take("privacy/set", payload)
    assert device.privacy_store.now == configured_note(FILE)
    (line,) = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert line == f"{ROOT}/privacy/set: ignored: {problem} (1 ignored since the last such line)"


def test_a_flood_of_nonsense_is_one_line_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    device = Device()
    for _ in range(1000):
        device.hear("pause/set", b"?")
    assert len(caplog.records) == 1
    device.now += 61
    device.hear("pause/set", b"?")
    assert [r.getMessage().split("(")[1] for r in caplog.records] == [
        "1 ignored since the last such line)",
        "1000 ignored since the last such line)",
    ]


def test_of_many_commands_only_the_outcome_is_executed() -> None:
    device = Device()
    device.hear("pause/set", b"ON")
    assert device.commands.wait == 0
    assert device.commands.run_due()
    for word in (b"OFF", b"ON", b"OFF"):
        device.hear("pause/set", word)
        assert not device.commands.run_due()
    assert device.commands.wait == 1
    device.now += 1
    assert device.commands.run_due()
    assert device.switched == [True, False]
    device.hear("pause/set", b"ON")
    device.commands.execute()
    assert device.switched == [True, False, True], "as at the end of the process"


def test_a_tightened_setting_holds_before_it_is_stored(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.take("privacy/set", {"min_group": 8})
    device.now -= 1
    device.hear("privacy/set", {"min_group": 9})
    assert device.privacy_store.now.min_group == 9
    assert Device(tmp_path).privacy_store.now.min_group == 8
    device.commands.execute()
    assert Device(tmp_path).privacy_store.now.min_group == 9


@pytest.mark.parametrize(
    ("name", "value", "taken"),
    [
        ("max_share", 0.8, 0.8),
        ("max_share", 0.57, 0.57),
        ("max_share", 0.79999, 0.79),
        ("max_share", 0.50001, 0.51),
        ("min_cell", 2, 2.0),
        ("min_cell", 2.3, 2.3),
        ("min_cell", 2.00001, 2.1),
    ],
)
def test_a_number_is_rounded_to_the_stricter_side(name: str, value: float, taken: float) -> None:
    device = Device()
    device.take("privacy/set", {name: value})
    assert (getattr(device.privacy_store.now, name), device.refused) == (taken, 0)


def test_a_flood_fills_no_memory_and_blocks_nobody() -> None:
    """As it would come while the main loop is held up by a slow card."""
    events = EventQueue()
    for number in range(5000):
        events.put(Incoming(f"{ROOT}/pause/set", b"%d" % number, retained=False))
    events.put(Acknowledged(7))
    taken = list(events.take())
    assert len(taken) <= 1001
    assert taken[-1] == Acknowledged(7), "what the broker itself says is never dropped"
    events.close()


def test_settings_are_tightened_one_by_one_and_outlive_a_restart(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.take("privacy/set", {"min_group": 8})
    device.take("privacy/set", {"max_share": 0.8, "min_cell": 2})
    expected = PrivacyNote(min_group=8, max_share=0.8, min_cell=2.0)
    assert device.privacy_store.now == expected
    assert Device(tmp_path).privacy_store.now == expected


def test_half_of_a_command_that_loosens_is_still_tightened(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.take("privacy/set", {"min_group": 1, "min_cell": 2})
    assert (device.privacy_store.now.min_group, device.privacy_store.now.min_cell, device.refused) == (5, 2.0, 1)


def test_not_even_its_own_tightening_is_taken_back_from_afar(tmp_path: Path) -> None:
    device = Device(tmp_path)
    device.take("privacy/set", {"min_group": 8})
    device.take("privacy/set", {"min_group": 5})
    assert (device.privacy_store.now.min_group, device.refused) == (8, 1)
    (tmp_path / "privacy.json").unlink()  # as the manual says, on the device
    assert Device(tmp_path).privacy_store.now.min_group == 5


def test_a_stricter_file_wins_over_what_was_stored(tmp_path: Path) -> None:
    Device(tmp_path).take("privacy/set", {"min_group": 8})
    assert PrivacyStore(tmp_path, Privacy(min_group=12)).now.min_group == 12


@pytest.mark.parametrize("damage", ["", "{}", '{"min_group": 1}', '{"min_group": 0, "max_share": 9, "min_cell": -1}'])
def test_a_damaged_store_is_taken_for_the_strictest(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "privacy.json").write_text(damage)
    assert Device(tmp_path).privacy_store.now.min_group == 100
    assert "privacy.json: cannot be read, so the strictest privacy settings hold; delete it and restart" in caplog.text
