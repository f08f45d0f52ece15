"""Not looking: the weekly hours, who may lift what, the button and the lamp."""

import os
import time
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import gpiozero
import pytest
from gpiozero.pins.mock import MockFactory
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pydantic import ValidationError

from edge.config import Pause
from edge.config.file import load
from edge.contract.records import PausedBy, PauseOrder
from edge.errors import ConfigError
from edge.pause.control import PauseControl
from edge.pause.memory import ButtonMemory, Memory, memory_path, remembered
from edge.pause.panel import Panel
from edge.pause.remote import RemotePause
from edge.pause.schedule import WeeklySchedule
from edge.system.kept_file import new_file
from tests.support.config import problems

BERLIN = ZoneInfo("Europe/Berlin")
NOBODY = Memory(remote=False, button=False)


def berlin(text: str, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).timestamp()


def schedule(*hours: str, **more: Any) -> WeeklySchedule:
    return WeeklySchedule(Pause.model_validate({"camera_open": hours, "timezone": "Europe/Berlin"} | more))


def test_without_hours_nothing_is_paused() -> None:
    assert not schedule().paused(berlin("2026-11-22 03:00"))


@pytest.mark.parametrize(
    ("when", "paused"),
    [
        ("2026-11-23 07:44:59", True),  # a Monday
        ("2026-11-23 07:45:00", False),
        ("2026-11-27 15:59:59", False),
        ("2026-11-27 16:00:00", True),
        ("2026-11-28 10:00:00", False),  # a Saturday with hours of its own
        ("2026-11-28 12:30:00", True),
        ("2026-11-29 10:00:00", True),
    ],
)
def test_the_camera_is_open_in_its_hours_only(when: str, *, paused: bool) -> None:
    assert schedule("mon-fri 07:45-16:00", "sat 09:00-12:30").paused(berlin(when)) is paused


@pytest.mark.parametrize("day", ["2026-12-21", "2026-12-25", "2027-01-08", "2026-10-03"])
def test_holidays_are_paused_from_the_first_to_the_last(day: str) -> None:
    holidays = ["2026-12-21/2027-01-08", "2026-10-03"]
    always = schedule("mon-sun 00:00-24:00", holidays=holidays)
    assert always.paused(berlin(f"{day} 00:00:00"))
    assert always.paused(berlin(f"{day} 23:59:59"))
    assert not always.paused(berlin("2027-01-09 00:00:00"))
    assert not always.paused(berlin("2026-12-20 23:59:59"))
    assert schedule(holidays=holidays).paused(berlin(f"{day} 12:00"))


def test_a_lesson_at_eight_begins_at_eight_in_summer_and_winter() -> None:
    lessons = schedule("mon-fri 08:00-09:00")
    for day in ("2026-03-27", "2026-03-30", "2026-10-23", "2026-10-26"):  # Fridays and Mondays around the changes
        assert lessons.paused(berlin(f"{day} 07:59:59"))
        assert not lessons.paused(berlin(f"{day} 08:00:00"))
        assert lessons.paused(berlin(f"{day} 09:00:00"))


def test_a_skipped_hour_is_not_observed_and_a_repeated_one_is_twice() -> None:
    night = schedule("sun 02:00-03:00")
    before = datetime(2026, 3, 29, 0, 0, tzinfo=UTC).timestamp()
    assert all(night.paused(before + minute * 60) for minute in range(180))
    repeated = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)  # 02:00 summer time
    open_minutes = sum(not night.paused((repeated + timedelta(minutes=m)).timestamp()) for m in range(-60, 180))
    assert open_minutes == 120


@examples(deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["Europe/Berlin", "America/St_Johns", "Pacific/Apia"]))
def test_at_any_time_in_any_zone_the_local_clock_decides(now: int, zone: str) -> None:
    local = datetime.fromtimestamp(now, ZoneInfo(zone))
    inside = local.weekday() < 5 and 8 <= local.hour < 13
    assert schedule("mon-fri 08:00-13:00", timezone=zone).paused(now) is not inside


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('camera_open = ["8-16"]', "pause.camera_open.0: '8-16' are not weekly hours; write mon-fri 07:45-16:00"),
        ('camera_open = ["fri-mon 08:00-16:00"]', "end before they start"),
        ('camera_open = ["mon 22:00-06:00"]', "after midnight"),
        ('camera_open = ["mon 08:00-24:01"]', "after midnight"),
        ('camera_open = ["mon 08:60-09:00"]', "end before they start or after midnight"),
        ("camera_open = [8]", "are not weekly hours"),
        ('camera_open = "mon 08:00-09:00"', "pause.camera_open: "),
        ('holidays = ["2026-02-30"]', "is not a holiday; write 2026-10-03"),
        ('holidays = ["2027-01-08/2026-12-21"]', "is not a holiday"),
        ("holidays = [2026-10-03]", "is not a holiday"),
        ('timezone = "Berlin"', "is not a known time zone; write e.g. Europe/Berlin"),
        ('timezone = "US/Nowhere"', "an old name such as US/Eastern on Debian 13: apt install tzdata-legacy"),
        ('hours = ["8-16"]', "pause.camera_open.0: '8-16' are not weekly hours"),
        ("hours = []\ncamera_open = []", "hours is the old name of camera_open, and both are set; delete hours"),
        ('timezone = "../../etc/passwd"', "is not a known time zone"),
        ("button_gpio = 99", "pause.button_gpio"),
        ("button_gpio = 17\nlamp_gpio = 17", "are the same pin"),
    ],
)
def test_a_wrong_setting_is_named_with_the_way_to_write_it(tmp_path: Path, text: str, problem: str) -> None:
    (line,) = problems(tmp_path, f"[pause]\n{text}")
    assert problem in line


@examples(deadline=None)
@given(
    st.sampled_from(["camera_open", "holidays", "timezone", "button_gpio"]),
    st.text() | st.lists(st.text()) | st.floats(),
)
def test_no_setting_whatever_makes_the_schedule_fall(key: str, value: Any) -> None:
    try:
        settings = Pause.model_validate({key: value})
    except ValidationError:
        return
    assert WeeklySchedule(settings).paused(1_800_000_000) in {True, False}


def test_the_former_name_of_the_hours_still_counts_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[pause]\nhours = ["mon-fri 07:45-16:00"]')
    former = load(file)
    assert "pause.hours: " in caplog.text
    assert "now named pause.camera_open" in caplog.text
    caplog.clear()
    file.write_text('[pause]\ncamera_open = ["mon-fri 07:45-16:00"]')
    assert load(file) == former
    assert not caplog.text
    assert former.pause.camera_open


# A zone that changes while the process runs

SUMMER_EVENING = datetime(2026, 7, 1, 15, 30, tzinfo=UTC).timestamp()
"""17:30 in Berlin: school is over; 11:30 in New York: it is not."""
LESSONS = ["mon-fri 07:45-16:00"]


def test_the_machine_s_zone_counts_from_the_moment_in_which_it_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with timedatectl; by the environment, for /etc/localtime is everybody's."""
    monkeypatch.setenv("TZ", "America/New_York")
    lessons = WeeklySchedule(Pause.model_validate({"camera_open": LESSONS}))
    assert not lessons.paused(SUMMER_EVENING)
    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert lessons.paused(SUMMER_EVENING)
    monkeypatch.undo()
    time.tzset()


def test_new_rules_of_a_zone_count_as_soon_as_they_are_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a package does it: another file moved over the old one, for a moment none or half of one."""
    found = next(Path(folder) for folder in zoneinfo.TZPATH if (Path(folder) / "Europe/Berlin").exists())
    rules = {name: (found / name).read_bytes() for name in ("Europe/Berlin", "America/New_York")}
    file = tmp_path / "Europe" / "Berlin"
    file.parent.mkdir()
    file.write_bytes(rules["America/New_York"])
    monkeypatch.setattr("edge.pause.schedule.TZPATH", (str(tmp_path),))
    zoneinfo.reset_tzpath([tmp_path])
    try:
        lessons = schedule(*LESSONS)
        assert not lessons.paused(SUMMER_EVENING)
        file.unlink()
        assert not lessons.paused(SUMMER_EVENING)
        file.write_bytes(rules["Europe/Berlin"][:10])
        assert not lessons.paused(SUMMER_EVENING)
        (tmp_path / "new").write_bytes(rules["Europe/Berlin"])
        (tmp_path / "new").rename(file)
        assert lessons.paused(SUMMER_EVENING)
        assert schedule(*LESSONS).paused(SUMMER_EVENING), "after a reload, too"
    finally:
        zoneinfo.reset_tzpath()


# Holders


def control(memory: Memory = NOBODY, **settings: Any) -> PauseControl:
    return PauseControl(Pause.model_validate(settings), memory, lambda: berlin("2026-11-23 03:00"))


def test_the_switch_of_afar_lifts_neither_the_schedule_nor_the_button() -> None:
    pause = control(camera_open=["mon-fri 08:00-16:00"], timezone="Europe/Berlin", button_gpio=17)
    pause.press()
    for remote in (True, False):
        pause.order(PauseOrder(remote=remote))
        assert pause.now() == PausedBy(remote=remote, schedule=True, button=True)
    pause.press()
    assert pause.now() == PausedBy(remote=False, schedule=True, button=False)


def test_the_button_does_not_lift_the_pause_of_afar() -> None:
    pause = control(button_gpio=17)
    pause.order(PauseOrder(remote=True))
    pause.press()
    pause.press()
    assert pause.now() == PausedBy(remote=True, schedule=False, button=False)


def test_what_was_paused_is_paused_after_a_restart_of_either(tmp_path: Path) -> None:
    publisher = RemotePause(tmp_path)
    publisher.switch(True)
    assert not publisher.differs(PausedBy(remote=True, schedule=False, button=True))
    publisher.keep_button(True)
    assert RemotePause(tmp_path).order == PauseOrder(remote=True)
    observer = control(remembered(memory_path(tmp_path)), button_gpio=17)
    assert observer.now() == PausedBy(remote=True, schedule=False, button=True)
    publisher.switch(False)
    publisher.keep_button(False)
    assert remembered(memory_path(tmp_path)) == NOBODY


def test_an_observer_that_does_not_know_the_switch_yet_is_told_again(tmp_path: Path) -> None:
    publisher = RemotePause(tmp_path)
    publisher.switch(True)
    assert publisher.differs(PausedBy(remote=False, schedule=False, button=False))


@pytest.mark.parametrize("damage", ["", "{}", "null", '{"remote": 0, "button": 0}', "\0" * 30])
def test_a_memory_that_cannot_be_read_keeps_the_camera_closed(tmp_path: Path, damage: str) -> None:
    memory_path(tmp_path).write_text(damage)
    assert remembered(memory_path(tmp_path)) == Memory(remote=True, button=True)
    assert control(remembered(memory_path(tmp_path))).now() == PausedBy(remote=True, schedule=False, button=False)


def test_the_remedy_of_a_memory_that_cannot_be_read_ends_the_pause(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """To delete the file alone does nothing: the publisher has the pause in memory, the observer that of the button."""
    note, file = ButtonMemory(new_file()), memory_path(tmp_path)
    file.write_text("damaged")

    def observer() -> PauseControl:
        wall = lambda: berlin("2026-11-23 03:00")  # noqa: E731 - a clock that stands still
        return PauseControl(Pause(button_gpio=17), remembered(file), wall, note)

    publisher, paused = RemotePause(tmp_path), observer()
    assert paused.now() == PausedBy(remote=True, schedule=False, button=True)
    assert "delete the file and restart emotion-edge; then press the button" in caplog.text
    file.unlink()
    paused.order(publisher.order)
    assert paused.now().remote, "the publisher orders it until it is restarted"
    restarted = observer()
    restarted.order(RemotePause(tmp_path).order)
    assert restarted.now() == PausedBy(remote=False, schedule=False, button=True)
    restarted.press()
    assert restarted.now() == PausedBy(remote=False, schedule=False, button=False)


def test_a_card_that_cannot_be_written_pauses_all_the_same(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    publisher = RemotePause(tmp_path / "state")
    publisher.switch(True)
    assert publisher.order == PauseOrder(remote=True)
    assert "forgotten at a restart" in caplog.text


# Button and lamp


@pytest.fixture
def pins() -> Iterator[MockFactory]:
    """Gpiozero's own pins without a Pi."""
    factory = gpiozero.Device.pin_factory = MockFactory()
    yield factory
    factory.reset()
    gpiozero.Device.pin_factory = None


def test_a_press_pauses_and_another_lifts_it_and_the_lamp_shows_it(pins: MockFactory) -> None:
    settings = Pause(button_gpio=17, lamp_gpio=27)
    pause = PauseControl(settings, NOBODY)
    panel = Panel(settings, pause.press)
    panel.show(watching=True)
    assert pins.pin(27).state
    for held in (True, False):
        pins.pin(17).drive_low()
        assert pause.now().button is held
        pins.pin(17).drive_high()
        assert pause.now().button is held
    panel.show(watching=False)
    assert not pins.pin(27).state
    panel.close()


def test_nothing_wired_needs_no_gpiozero(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "gpiozero", None)
    Panel(Pause(), lambda: None).show(watching=True)
    with pytest.raises(ConfigError, match="gpiozero: is not installed; apt install python3-gpiozero"):
        Panel(Pause(button_gpio=17), lambda: None)


def test_a_pin_that_is_taken_is_named(pins: MockFactory) -> None:
    with gpiozero.LED(17), pytest.raises(ConfigError, match=r"GPIO 17: cannot be used .* correct pause\.button_gpio"):
        Panel(Pause(button_gpio=17), lambda: None)
    assert pins


def test_a_pin_that_another_program_holds_is_named_and_the_other_one_is_released(
    pins: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As lgpio says it: with an exception of its own, which ended the observer again and again."""

    class Busy(Exception):
        pass

    pin = pins.pin

    def claimed(name: int) -> Any:
        if name == 27:
            raise Busy("'GPIO busy'")
        return pin(name)

    monkeypatch.setattr(pins, "pin", claimed)
    with pytest.raises(ConfigError, match=r"GPIO 27: cannot be used \('GPIO busy'\); correct pause\.lamp_gpio"):
        Panel(Pause(button_gpio=17, lamp_gpio=27), lambda: None)
    Panel(Pause(button_gpio=17), lambda: None).close()


def test_a_configuration_without_the_button_that_is_given_up_does_not_end_its_pause() -> None:
    """The parts of new settings are made before all of them are known to work."""
    file = new_file()
    button = ButtonMemory(file)
    with_button = Pause(button_gpio=17)
    PauseControl(with_button, NOBODY, button_memory=button).press()
    assert not PauseControl(Pause(), NOBODY, button_memory=button).now().button
    assert PauseControl(with_button, NOBODY, button_memory=button).now().button
    os.close(file)
