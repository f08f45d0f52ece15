"""`info`, `health`, `pause` and `status`: what they say, and when they are published."""

import json
from typing import Any

import pytest

from edge.config import Settings
from edge.contract.records import Health, Heartbeat, Info, PrivacyNote
from edge.contract.topics import Topics
from edge.mqtt.events import Message
from edge.privacy.settings import InForce
from edge.publisher.health import MachineState, PublisherState, build_health, coarse_count
from edge.publisher.info import build_info
from edge.publisher.observer_state import ObserverState
from edge.publisher.reporter import Reporter
from tests.support.contract import breaches
from tests.support.heartbeat import heartbeat

ROOT = "emotion-edge/v1/north/pi-test"
PRIVACY = PrivacyNote(min_group=5, max_share=0.9, min_cell=0.0)
PUBLISHER = PublisherState(backlog=3, dropped=1, spool="disk", refused_at_door=2, refused_commands=4, connections=5)
PI = MachineState(resident_megabytes=40, synchronised=True, soc_celsius=51.5, throttled=0x50005)


def info(settings: Settings, heard: Heartbeat | None = None, **more: Any) -> Info:
    values: dict[str, Any] = {
        "configuration": "0123456789ab",
        "configuration_from": "file",
        "heartbeat": heard,
        "protocol": "5",
        "last_exit": "clean",
    }
    return build_info(settings, "pi-test", InForce(PRIVACY, practice=False), **values | more)


def health(heard: Heartbeat | None, machine: MachineState = PI) -> Health:
    return build_health("pi-test", 1_800_000_000.0, heard, PUBLISHER, machine)


def published(payload: Info | Health) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(payload.model_dump_json(by_alias=True))
    topic = "info" if isinstance(payload, Info) else "health"
    assert not breaches(f"{ROOT}/{topic}", found)
    return found


def test_info_says_who_the_device_is_before_and_after_the_observer_is_heard(settings: Settings) -> None:
    before, after = published(info(settings)), published(info(settings, heartbeat()))
    assert (before["model"], before["runtime"], before["network_isolated"]) == (None, None, None)
    assert (after["runtime"], after["network_isolated"]) == ("tflite-runtime", True)
    assert (after["device"], after["site"], after["room"]) == ("pi-test", "north", "B12")
    assert after["privacy"] == {"min_group": 5, "max_share": 0.9, "min_cell": 0.0}


def test_info_says_what_the_board_decides() -> None:
    board = "Raspberry Pi Zero 2 W Rev 1.0"
    found = published(info(Settings(), board=board))
    assert found["board"] == board
    assert "vision.scale_factor" in found["board_defaults"]
    elsewhere = published(info(Settings()))
    assert (elsewhere["board"], elsewhere["board_defaults"]) == (None, {})


def test_health_of_a_silent_observer_says_nothing_in_its_name() -> None:
    found = published(health(None))
    assert found["observer"] == "silent"
    of_observer = ("camera", "paused_by", "frames_per_second", "seconds_between_scans", "observer_resident_megabytes")
    assert [found[name] for name in of_observer] == [None] * len(of_observer)
    assert (found["backlog"], found["dropped"], found["refused_at_door"]) == (3, 1, 2)
    assert (found["refused_commands"], found["connections"], found["spool"]) == (4, 5, "disk")


def test_health_of_a_running_observer_names_who_paused_it() -> None:
    found = published(health(heartbeat("paused", ("remote", "button"))))
    assert (found["observer"], found["camera"]["state"]) == ("running", "paused")
    assert found["paused_by"] == ["remote", "button"]
    assert (found["soc_celsius"], found["throttled"], found["clock"]) == (50.0, "0x50005", "synced")


def test_what_the_machine_does_not_know_is_null() -> None:
    machine = MachineState(resident_megabytes=40, synchronised=False, soc_celsius=None, throttled=None)
    found = published(health(None, machine))
    assert (found["soc_celsius"], found["throttled"], found["clock"]) == (None, None, "unsynced")


class Bench:
    """A reporter with a clock that a test moves, and a broker that only notes."""

    def __init__(self, settings: Settings) -> None:
        self.now = 1000.0
        self.sent: list[Message] = []
        self.settings = settings
        self.observer = ObserverState(settings, lambda: self.now)
        self.reporter = Reporter(
            Topics(settings, "pi-test"),
            settings.interval_seconds,
            self.sent.append,
            info=lambda: info(self.settings, self.observer.heartbeat),
            health=lambda: health(self.observer.current),
            monotonic=lambda: self.now,
        )

    def hear(self, heard: Heartbeat) -> bool:
        """Take a heartbeat and let a second pass; return whether it was news."""
        self.observer.take(heard)
        self.now += 1
        return self.observer.poll()

    def taken(self) -> list[str]:
        """Return the last level of each topic since the last call."""
        found = [message.topic.rpartition("/")[2] for message in self.sent]
        self.sent.clear()
        return found


@pytest.fixture
def bench(settings: Settings) -> Bench:
    return Bench(settings)


def test_without_a_connection_nothing_is_published_and_with_the_next_everything(bench: Bench) -> None:
    def publish_all() -> None:
        bench.reporter.publish_info()
        bench.reporter.publish_health()
        bench.reporter.publish_pause(heartbeat())

    publish_all()
    assert bench.taken() == []
    for _ in range(2):
        bench.reporter.connected("5")
        publish_all()
        assert bench.taken() == ["status", "info", "health", "pause"]
        bench.reporter.disconnected()
        publish_all()
        assert bench.taken() == []


def test_info_and_pause_are_published_again_only_when_they_changed(bench: Bench) -> None:
    bench.reporter.connected("5")
    bench.taken()
    assert bench.reporter.publish_info()
    assert not bench.reporter.publish_info()
    assert bench.hear(heartbeat())
    assert bench.reporter.publish_info()
    for state in ("running", "retrying", "paused", "paused", "running"):
        bench.reporter.publish_pause(heartbeat(state))
    switch = [message.payload for message in bench.sent if message.topic.endswith("/pause")]
    assert switch == ["OFF", "ON", "OFF"]
    assert all(message.retain for message in bench.sent)


def test_health_is_due_every_half_minute_and_not_retained(bench: Bench) -> None:
    bench.reporter.connected("5")
    bench.reporter.publish_health()
    due = []
    for _ in range(90):
        bench.now += 1
        if bench.reporter.is_health_due:
            bench.reporter.publish_health()
            due.append(bench.now - 1000)
    assert due == [30, 60, 90]
    assert not any(message.retain for message in bench.sent if message.topic.endswith("/health"))


def test_an_observer_is_silent_after_three_intervals_without_a_heartbeat(bench: Bench) -> None:
    silent = [bench.observer.current is None]
    bench.hear(heartbeat())
    for passed in (3 * bench.settings.interval_seconds - 1, 0.1):
        bench.now += passed
        silent.append(bench.observer.current is None)
    assert silent == [True, False, True]
    assert bench.observer.summary == "2.0 fps"


def test_a_change_of_the_camera_or_of_the_pause_is_noticed(bench: Bench) -> None:
    changes = [
        bench.hear(heartbeat("running")),
        bench.hear(heartbeat("running", frames_per_second=1.0)),
        bench.hear(heartbeat("retrying")),
        bench.hear(heartbeat("paused", ("remote",))),
        bench.hear(heartbeat("paused", ("remote", "button"))),
    ]
    assert changes == [True, False, True, True, True]


def test_news_is_taken_over_at_whole_seconds_and_only_so_often(bench: Bench) -> None:
    bench.observer.take(heartbeat("running"))
    bench.now += 0.4
    assert not bench.observer.poll()
    assert bench.observer.wait == pytest.approx(0.6)
    states = [("paused", ("button",)) if second % 2 else ("running", ()) for second in range(3600)]
    news = sum(bench.hear(heartbeat(*state)) for state in states)
    assert 25 <= news <= 32  # ten at once, then one in three minutes
    bench.now += 180
    assert bench.hear(heartbeat("paused", ("button", "schedule")))
    assert bench.observer.current is not None
    assert bench.observer.current.paused_by.schedule


def test_a_picture_that_changes_all_the_time_delays_no_pause(bench: Bench) -> None:
    pictures = ("good", "backlit")
    news = sum(bench.hear(heartbeat(picture=pictures[second % 2])) for second in range(600))
    assert 7 <= news <= 11
    assert bench.hear(heartbeat("paused", ("remote",)))
    assert bench.hear(heartbeat("running", picture="good"))


def test_numbers_of_the_observer_are_published_in_steps(bench: Bench) -> None:
    for number in range(20):
        values: dict[str, Any] = {
            "frames_per_second": (1.3, 1.4)[number % 2],
            "seconds_between_scans": 3.1,
            "resident_megabytes": 90 + number,
        }
        bench.hear(heartbeat("running", **values))
    found = bench.observer.current
    assert found is not None
    assert (found.frames_per_second, found.seconds_between_scans, found.resident_megabytes) == (1.5, 5.0, 128)


def test_restarts_of_the_camera_are_counted_in_small_steps(bench: Bench) -> None:
    bench.hear(heartbeat("running", camera={"state": "running", "error": None, "restarts": 0}))
    bench.hear(heartbeat("running", camera={"state": "running", "error": None, "restarts": 99_999_999}))
    found = bench.observer.current
    assert found is not None
    assert found.camera.restarts == 3


@pytest.mark.parametrize(("count", "shown"), [(0, 0), (1, 1), (4, 2), (9, 5), (10, 10), (19, 10), (12_345, 10_000)])
def test_refused_packets_are_counted_coarsely(count: int, shown: int) -> None:
    assert coarse_count(count) == shown
