"""When there is an alert, when it is over, and what a message says: as a person would want it, without a clock."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edge.contract.reading import Place
from edge.hub.alert_settings import Alerts
from edge.hub.alerts.facts import Certificate, DeviceFacts, Facts
from edge.hub.alerts.notifications import News, Notified, is_quiet, news, take
from edge.hub.alerts.rules import Alert, Rules
from edge.hub.alerts.symptoms import Key
from edge.hub.alerts.wording import text_of

SETTINGS = Alerts()
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC).timestamp()
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
WELL = DeviceFacts(Place("north", "pi-1"), "B12", 1.0, "", 0)
STEP = 10.0
"""Seconds between two looks of a test."""


class Watched:
    """Rules and the time that they see."""

    def __init__(self, rules: Rules | None = None) -> None:
        self.rules = rules or Rules(SETTINGS)
        self.now = 1000.0

    def facts(self, *devices: DeviceFacts, **hub: object) -> Facts:
        facts = Facts(self.now, NOON + self.now, listening_seconds=self.now, free_megabytes=9000, devices=devices)
        return replace(facts, **hub)  # type: ignore[arg-type]

    def look(self, seconds: float, *devices: DeviceFacts, **hub: object) -> set[str]:
        """Look for some time, again and again; return the kinds of alerts that there were."""
        kinds: set[str] = set()
        for _ in range(max(1, int(seconds / STEP))):
            self.now += STEP
            self.rules.step(self.facts(*devices, **hub))
            kinds |= {key.kind for key in self.rules.open}
        return kinds


def test_after_a_restart_a_silent_device_is_not_said_to_be_well_before_it_has_spoken() -> None:
    watched = Watched()
    assert watched.look(STEP, replace(WELL, silent_seconds=DAY)) == {"silent"}
    [before] = watched.rules.open.values()
    named = replace(WELL, silent_seconds=STEP, has_spoken=False)
    assert watched.look(14 * MINUTE, named) == {"silent"}
    assert watched.look(20 * MINUTE, replace(named, silent_seconds=16 * MINUTE)) == {"silent"}
    assert list(watched.rules.open.values()) == [before], "no second alert"


@pytest.mark.parametrize(
    ("kind", "device", "seconds"),
    [
        ("silent", replace(WELL, silent_seconds=16 * MINUTE), STEP),
        ("camera", replace(WELL, camera="CameraMissing"), 10 * MINUTE),
        ("spool", replace(WELL, backlog=400), 10 * MINUTE),
    ],
)
def test_a_device_that_needs_a_person_is_an_alert_until_it_is_well_for_a_while(
    kind: str, device: DeviceFacts, seconds: float
) -> None:
    watched = Watched()
    assert watched.look(max(STEP, seconds - 2 * STEP), device) == (set() if seconds > STEP else {kind})
    assert watched.look(3 * STEP, device) == {kind}
    assert watched.look(4 * MINUTE, WELL) == {kind}
    watched.look(2 * MINUTE, WELL)
    assert not watched.rules.open


@pytest.mark.parametrize(
    ("kind", "hub", "seconds"),
    [
        ("broker", {"connected": False, "problem": "refuses", "listening_seconds": 0.0}, 5 * MINUTE),
        ("store", {"problem": "the disk is full", "listening_seconds": 0.0}, 5 * MINUTE),
        ("disk", {"free_megabytes": 499}, MINUTE),
        ("certificate", {"certificates": (Certificate("http.cert_file", NOON + 19 * DAY),)}, STEP),
    ],
)
def test_a_hub_that_needs_a_person_is_an_alert(kind: str, hub: dict[str, object], seconds: float) -> None:
    watched = Watched()
    assert watched.look(seconds + 2 * STEP, WELL, **hub) == {kind}
    renewed = (Certificate("http.cert_file", NOON + 90 * DAY),)
    assert watched.look(4 * MINUTE, WELL, certificates=renewed) == {kind}
    watched.look(2 * MINUTE, WELL, certificates=renewed)
    assert not watched.rules.open


def test_a_device_with_long_intervals_is_silent_only_after_three_of_them() -> None:
    watched, hourly = Watched(), replace(WELL, interval_seconds=HOUR)
    watched.now += DAY  # it has listened for long
    assert watched.look(STEP, replace(hourly, silent_seconds=2 * HOUR)) == set()
    assert watched.look(STEP, replace(hourly, silent_seconds=3 * HOUR)) == {"silent"}


def test_what_is_wrong_for_a_moment_only_is_no_alert() -> None:
    watched = Watched()
    for _ in range(50):
        assert watched.look(5 * MINUTE, replace(WELL, camera="CameraTimeout", backlog=400)) == set()
        assert watched.look(MINUTE, WELL) == set()


def test_a_spool_that_is_being_emptied_is_no_alert() -> None:
    """After an outage thousands of records wait, and become fewer."""
    watched = Watched()
    for backlog in range(20_000, 400, -100):
        assert watched.look(5 * MINUTE, replace(WELL, backlog=backlog)) == set()


def test_what_flickers_around_a_bound_does_not_flap() -> None:
    watched = Watched()
    begun = 0
    for free in [499, 501] * 100:
        before = bool(watched.rules.open)
        watched.look(6 * MINUTE, WELL, free_megabytes=free)
        begun += bool(watched.rules.open) and not before
    assert begun == 1
    assert watched.look(6 * MINUTE, WELL, free_megabytes=626) == {"disk"}
    assert not watched.rules.open


def test_a_device_that_comes_and_goes_all_day_is_told_a_few_times() -> None:
    watched = Watched()
    known: dict[Key, Notified] = {}
    messages = 0
    for number in range(int(DAY / (15 * MINUTE))):
        device = replace(WELL, silent_seconds=16 * MINUTE) if number % 2 else WELL
        for _ in range(3):
            watched.look(5 * MINUTE, device)
            said = news(watched.rules.open, known, SETTINGS, NOON + watched.now)
            known = take(known, said, NOON + watched.now)
            messages += bool(said)
    assert 2 <= messages <= 12


def test_nobody_is_silent_while_the_hub_itself_does_not_listen() -> None:
    """Neither at its start, nor while the broker is down, nor at once after that."""
    watched = Watched()
    away = [replace(WELL, place=Place("north", f"pi-{number}"), silent_seconds=DAY) for number in range(500)]
    down = {"connected": False, "problem": "refuses", "listening_seconds": 0.0}
    assert watched.look(4 * MINUTE, *away, listening_seconds=0.0) == set()
    assert watched.look(30 * MINUTE, *away, **down) == {"broker"}
    assert len(watched.rules.open) == 1
    watched.look(10 * MINUTE, *away, listening_seconds=10 * MINUTE)
    assert not watched.rules.open
    watched.look(STEP, *away, listening_seconds=15 * MINUTE)
    assert len(watched.rules.open) == 500


def test_a_device_that_is_silent_has_no_camera_that_fails() -> None:
    watched = Watched()
    assert watched.look(20 * MINUTE, replace(WELL, silent_seconds=20 * MINUTE, camera="CameraMissing")) == {"silent"}


def test_a_device_that_was_decommissioned_is_forgotten_without_a_word() -> None:
    watched = Watched()
    watched.look(STEP, replace(WELL, silent_seconds=DAY))
    key = Key("silent", "north", "pi-1")
    assert set(watched.rules.open) == {key}
    watched.now += STEP
    assert watched.rules.step(watched.facts()) == {key}
    assert not watched.rules.open


def test_after_a_restart_the_all_clear_still_comes() -> None:
    before = Watched()
    before.look(STEP, replace(WELL, silent_seconds=DAY))
    known = take({}, news(before.rules.open, {}, SETTINGS, NOON), NOON)
    after = Watched(Rules(SETTINGS, {key: each.alert for key, each in known.items()}))
    assert not news(after.rules.open, known, SETTINGS, NOON)
    after.look(6 * MINUTE, WELL)
    assert [alert.room for alert in news(after.rules.open, known, SETTINGS, NOON).over] == ["B12"]


def alerts(*kinds: str, count: int = 1) -> dict[Key, Alert]:
    found = {}
    for kind in kinds:
        for number in range(count):
            key = Key(kind, "north", f"pi-{number}")  # type: ignore[arg-type]
            found[key] = Alert(key, f"B{number:03}", "CameraMissing", NOON + number)
    return found


def hub_alert(kind: str, detail: str) -> Alert:
    return Alert(Key(kind), "", detail, NOON)  # type: ignore[arg-type]


def kinds(found: Iterable[Alert]) -> list[str]:
    return [each.key.kind for each in found]


def test_what_is_still_wrong_is_told_again_after_a_day() -> None:
    known = take({}, news(alerts("silent"), {}, SETTINGS, NOON), NOON)
    assert not news(alerts("silent"), known, SETTINGS, NOON + DAY - 1)
    again = news(alerts("silent"), known, SETTINGS, NOON + DAY)
    assert (kinds(again.new), kinds(again.still)) == ([], ["silent"])
    assert not news(alerts("silent"), take(known, again, NOON + DAY), SETTINGS, NOON + DAY + HOUR)
    assert not news(alerts("silent"), known, Alerts(repeat_hours=0), NOON + 30 * DAY)


def test_in_quiet_hours_only_what_loses_records_is_told() -> None:
    settings = Alerts(quiet_hours="18:00-07:00", timezone="Europe/Berlin")
    evening, morning = NOON + 6 * HOUR, NOON + 18 * HOUR + 1
    full = hub_alert("disk", "3")
    wrong = alerts("camera") | {full.key: full}
    said = news(wrong, {}, settings, evening)
    assert kinds(said.new) == ["disk"]
    known = take({}, said, evening)
    assert not news(alerts("camera"), known, settings, evening)
    late = news(alerts("camera"), known, settings, morning)
    assert (kinds(late.new), kinds(late.over)) == (["camera"], ["disk"])


@pytest.mark.parametrize(
    ("hours", "hour", "quiet"),
    [
        ("22:00-06:00", 23, True),
        ("22:00-06:00", 5, True),
        ("22:00-06:00", 6, False),
        ("12:00-14:00", 12, True),
        ("12:00-14:00", 14, False),
        ("", 3, False),
    ],
)
def test_quiet_hours_may_go_over_midnight(hours: str, hour: int, *, quiet: bool) -> None:
    assert is_quiet(Alerts(quiet_hours=hours), datetime(2026, 11, 26, hour, tzinfo=UTC).timestamp()) is quiet


def test_a_message_names_room_time_and_remedy_in_the_school_s_time() -> None:
    settings = Alerts(timezone="Europe/Berlin")
    title, body = text_of(news(alerts("camera"), {}, settings, NOON), settings.zone)
    assert title == "emotion-edge: B000 (north): the camera of the device pi-0 gives no picture (CameraMissing)"
    assert "B000 (north): the camera of the device pi-0 gives no picture" in body
    assert "since 2026-11-26 13:00 (Europe/Berlin)" in body
    assert "What to do: run `sudo emotion-edge doctor` on the device" in body


def test_500_silent_devices_are_one_short_message() -> None:
    title, body = text_of(news(alerts("silent", count=500), {}, SETTINGS, NOON), SETTINGS.zone)
    assert title == "emotion-edge: 500 devices send nothing"
    assert "500 devices send nothing" in body
    assert len(body.splitlines()) <= 12


def test_the_end_of_an_alert_is_told_without_a_remedy() -> None:
    ended = hub_alert("certificate", str(int(NOON)))
    title, body = text_of(News([], [], [ended]), SETTINGS.zone)
    assert title == "emotion-edge: all clear"
    assert body.startswith("Over: Hub: the certificate")
    assert "2026-11-26" in body
    assert "What to do" not in body


def test_settings_that_cannot_be_meant_are_refused() -> None:
    for wrong, words in (
        ({"timezone": "Berlin"}, "is not a known time zone"),
        ({"timezone": "../../etc/passwd"}, "is not a known time zone"),
        ({"quiet_hours": "22:00-22:00"}, "begin and end at the same time"),
        ({"quiet_hours": "22-6"}, "match pattern"),
        ({"silent_minutes": 0}, "greater than"),
    ):
        with pytest.raises(ValueError, match=words):
            Alerts.model_validate(wrong)
