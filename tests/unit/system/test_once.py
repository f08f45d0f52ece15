"""Lines that come again and again do not fill the log, and no new one is lost."""

import logging

import pytest

from edge.system.once import OnceLogger, StateLogger
from tests.support.clock import Time

log = logging.getLogger("test")
HOUR = 3600.0


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what was logged since the last call at the level of warnings."""
    found = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    caplog.clear()
    return found


def test_a_failure_that_is_over_again_and_again_is_logged_three_times_an_hour(caplog: pytest.LogCaptureFixture) -> None:
    """36 sessions that a broker ended gave 36 warnings."""
    caplog.set_level(logging.DEBUG)
    time = Time()
    once = OnceLogger(log, time)
    for _ in range(36):
        once.warning("kicked", "the broker ended the session (%s)", "quota")
        once.forget()
        time.now += 60
    told = warnings(caplog)
    assert len(told) == 3
    assert told[0] == "the broker ended the session (quota)"
    assert "again and again" in told[-1]
    time.now += HOUR
    once.warning("kicked", "the broker ended the session (%s)", "quota")
    once.warning("else", "another failure")
    assert warnings(caplog) == ["the broker ended the session (quota)", "another failure"]


def test_a_failure_is_logged_again_when_it_is_over_and_comes_again(caplog: pytest.LogCaptureFixture) -> None:
    once = OnceLogger(log, Time())
    for _ in range(2):
        once.warning("gone", "the camera is gone")
        once.warning("gone", "the camera is gone")
        once.forget()
    assert warnings(caplog) == ["the camera is gone"] * 2


def test_a_state_that_flaps_is_logged_three_times_an_hour(caplog: pytest.LogCaptureFixture) -> None:
    time = Time()
    states = StateLogger(log, time)
    for _ in range(50):
        states.log(logging.WARNING, "too dark")
        states.log(logging.WARNING, "light again")
        time.now += 10
    told = warnings(caplog)
    assert [line.split(" (", maxsplit=1)[0] for line in told] == ["too dark", "light again"] * 3
    time.now += HOUR
    states.log(logging.WARNING, "too dark")
    assert warnings(caplog) == ["too dark"]
