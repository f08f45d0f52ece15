"""Whether the clock of a new device is right enough for certificates: a Pi without a battery starts in the past."""

import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from edge.errors import Unavailable

MOST_SECONDS = 300.0
"""So far the clock may be away from that of the server; the Ansible role allows as much."""
WAIT_SECONDS = 600.0
_STEP_SECONDS = 5.0


def wait_until_right(
    server_time: Callable[[], datetime | None],
    say: Callable[[str], None],
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Return when this clock agrees with that of the enrolment server.

    Args:
        server_time: asks the server; None where it does not say.
        say: takes a line for the journal.
        now: this clock.
        pause: waits so many seconds.

    Raises:
        Unavailable: after ten minutes it still does not.

    """
    waited = 0.0
    while (away := _away(server_time(), now())) and abs(away) > MOST_SECONDS:
        if waited == 0:
            say(
                f"the clock is {_words(away)} the enrolment server's; waiting up to 10 minutes for time synchronisation"
            )
        if waited >= WAIT_SECONDS:
            raise Unavailable("the clock", f"is {_words(away)} the enrolment server's", _remedy())
        pause(_STEP_SECONDS)
        waited += _STEP_SECONDS
    if waited:
        say("the clock is right now")


def _away(server: datetime | None, here: datetime) -> float:
    return (here - server).total_seconds() if server else 0.0


def _words(away: float) -> str:
    size, where = abs(away), "behind" if away < 0 else "ahead of"
    for unit, seconds in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if size >= 2 * seconds:
            return f"{size / seconds:,.0f} {unit} {where}"
    return f"{size:.0f} seconds {where}"


def _remedy() -> str:
    """Return what to do: where this clock is synchronised, the other one is wrong."""
    if is_synchronised():
        return "this clock is synchronised, so set that of the server"
    return "certificates would not be valid; let this device reach a time server (NTP, UDP port 123), or use: date -s"


def is_synchronised(run: Path = Path("/run/systemd/timesync/synchronized")) -> bool:
    """Whether a time server has set this clock since the boot."""
    if run.exists():
        return True
    words = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603 - fixed
    except (OSError, subprocess.SubprocessError):
        return False
    return done.stdout.strip() == "yes"
