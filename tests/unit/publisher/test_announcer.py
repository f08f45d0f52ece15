"""When the device is announced to Home Assistant, and when the announcement is removed."""

import errno
from pathlib import Path
from typing import Any

import pytest

from edge.config import HomeAssistant, Settings
from edge.contract.topics import Topics
from edge.mqtt.events import Incoming, Message
from edge.publisher.home_assistant.announcer import Announcer, announced

TOPIC = "homeassistant/device/pi-test/config"


class Bench:
    """An announcer, the payload that it would send, and what it sent."""

    def __init__(self, folder: Path, settings: Settings, device: str = "pi-test", **home_assistant: Any) -> None:
        self.now = 1000.0
        self.payload = "one"
        self.sent: list[Message] = []
        configured = settings.model_copy(update={"home_assistant": HomeAssistant(**home_assistant)})
        self.topics = Topics(configured, device)
        self.announcer = Announcer(
            configured.home_assistant,
            self.topics,
            device,
            folder,
            lambda: self.payload,
            self.sent.append,
            lambda: self.now,
        )

    def taken(self) -> list[tuple[str, str]]:
        """Return topic and payload of what was sent since the last call."""
        assert all(message.retain for message in self.sent)
        found = [(message.topic, message.payload) for message in self.sent]
        self.sent.clear()
        return found

    def home_assistant_starts(self, payload: bytes = b"online") -> bool:
        return self.announcer.takes(Incoming(self.topics.home_assistant, payload, retained=False))

    def pass_time(self, seconds: float) -> list[bool]:
        found = []
        end = self.now + seconds
        while self.now < end:
            self.now += 0.5
            found.append(self.announcer.run_due())
        return found


def test_it_is_announced_at_each_connect_and_when_it_changed(tmp_path: Path, settings: Settings) -> None:
    bench = Bench(tmp_path, settings)
    for _ in range(2):
        bench.announcer.connected()
        bench.announcer.announce()
        assert bench.taken() == [(TOPIC, "one")]
        bench.announcer.disconnected()
    bench.payload = "two"
    bench.announcer.announce()
    assert bench.taken() == [(TOPIC, "two")]
    assert announced(tmp_path).read_text().strip() == TOPIC


def test_each_start_of_home_assistant_is_answered_once_within_two_seconds(tmp_path: Path, settings: Settings) -> None:
    bench = Bench(tmp_path, settings)
    bench.announcer.connected()
    bench.taken()
    assert bench.home_assistant_starts()
    assert bench.home_assistant_starts()
    assert 0 <= bench.announcer.wait <= 2
    assert bench.pass_time(3).count(True) == 1
    assert bench.taken() == [(TOPIC, "one")]
    assert bench.announcer.wait == float("inf")


def test_its_end_and_what_others_say_is_not_answered(tmp_path: Path, settings: Settings) -> None:
    bench = Bench(tmp_path, settings)
    bench.announcer.connected()
    bench.taken()
    assert bench.home_assistant_starts(b"offline")
    assert not bench.announcer.takes(Incoming(bench.topics.pause_set, b"online", retained=False))
    assert not any(bench.pass_time(3))
    assert bench.taken() == []


def test_an_answer_that_is_due_is_forgotten_with_the_connection(tmp_path: Path, settings: Settings) -> None:
    bench = Bench(tmp_path, settings)
    bench.announcer.connected()
    bench.home_assistant_starts()
    bench.announcer.disconnected()
    bench.taken()
    assert not any(bench.pass_time(3))
    assert bench.taken() == []


@pytest.mark.parametrize("now", [{"discovery": False}, {"prefix": "ha"}])
def test_a_former_announcement_is_removed_and_forgotten_only_when_the_broker_has_it(
    tmp_path: Path, settings: Settings, now: dict[str, Any]
) -> None:
    first = Bench(tmp_path, settings)
    first.announcer.connected()
    second = Bench(tmp_path, settings, **now)
    second.announcer.connected()
    assert second.taken()[0] == (TOPIC, "")
    second.announcer.disconnected()  # it may have been lost
    second.announcer.connected()
    assert second.taken()[0] == (TOPIC, "")
    second.pass_time(61)
    kept = announced(tmp_path).read_text().strip() if announced(tmp_path).exists() else ""
    assert kept == (second.topics.discovery if "prefix" in now else "")
    second.announcer.disconnected()
    second.announcer.connected()
    assert (TOPIC, "") not in second.taken()


@pytest.mark.parametrize("on", [True, False])
def test_the_announcement_of_a_former_id_is_not_this_ones_to_remove(
    tmp_path: Path,
    settings: Settings,
    on: bool,  # noqa: FBT001
) -> None:
    """Another device may have that id now: a copied card begins so."""
    Bench(tmp_path, settings, "pi-old").announcer.connected()
    bench = Bench(tmp_path, settings, discovery=on)
    old = "homeassistant/device/pi-old/config"
    for _ in range(2):
        assert bench.announcer.of_former_id == old
        bench.announcer.connected()
        bench.pass_time(61)
        assert bench.taken() == ([(TOPIC, "one")] if on else [])
        bench.announcer.disconnected()
    assert announced(tmp_path).read_text().strip() == old, "until it is known what to do"
    bench.announcer.forget_former_id()
    assert bench.announcer.of_former_id == ""
    assert (announced(tmp_path).read_text().strip() if announced(tmp_path).exists() else "") == (TOPIC if on else "")


def test_a_state_directory_that_cannot_be_written_does_not_end_the_publisher(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    Bench(tmp_path, settings).announcer.connected()
    bench = Bench(tmp_path, settings, discovery=False)
    bench.announcer.connected()
    assert bench.taken() == [(TOPIC, "")]

    def refuse(_path: Path, *, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, f"Read-only file system ({missing_ok})")

    monkeypatch.setattr(Path, "unlink", refuse)
    bench.pass_time(61)
    assert f"{announced(tmp_path)}: cannot be deleted (Read-only file system" in caplog.text
    bench.announcer.disconnected()
    bench.announcer.connected()
    assert bench.taken() == [], "it is removed all the same"


def test_a_device_that_home_assistant_cannot_name_is_not_announced(
    tmp_path: Path, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench(tmp_path, settings, device="pi.test")
    bench.announcer.connected()
    assert bench.taken() == []
    assert bench.announcer.topics == ()
    assert "device id 'pi.test' is not announced" in caplog.text


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe\x00"])
def test_a_damaged_note_of_the_last_announcement_stops_nothing(
    tmp_path: Path, settings: Settings, damage: bytes
) -> None:
    announced(tmp_path).write_bytes(damage)
    bench = Bench(tmp_path, settings)
    bench.announcer.connected()
    assert (TOPIC, "one") in bench.taken()
