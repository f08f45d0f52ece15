"""What the next message to a receiver says: what is new, what is still wrong, what is over; pure."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import NamedTuple

from edge.hub.alert_settings import Alerts
from edge.hub.alerts.rules import Alert
from edge.hub.alerts.symptoms import URGENT, Key

_HOUR = 3600.0


class Notified(NamedTuple):
    """An alert that a receiver knows.

    Attributes:
        alert: as the latest message had it.
        at: when, seconds since 1970.

    """

    alert: Alert
    at: float


class News(NamedTuple):
    """What one message says.

    Attributes:
        new: what the receiver does not know yet.
        still: what it knows, and what was said long ago.
        over: what it knows, and what has ended.

    """

    new: list[Alert]
    still: list[Alert]
    over: list[Alert]

    def __bool__(self) -> bool:
        """Whether there is anything to say."""
        return bool(self.new or self.still or self.over)


def news(alerts: Mapping[Key, Alert], known: Mapping[Key, Notified], settings: Alerts, now: float) -> News:
    """Return what the next message to a receiver says.

    Args:
        alerts: that are not over.
        known: what the receiver knows.
        settings: of the configuration.
        now: seconds since 1970.

    """
    quiet = is_quiet(settings, now)
    may = [alert for alert in alerts.values() if not quiet or alert.key.kind in URGENT]
    return News(
        [alert for alert in may if alert.key not in known],
        [alert for alert in may if alert.key in known and _is_old(known[alert.key], settings.repeat_hours, now)],
        [] if quiet else [each.alert for key, each in known.items() if key not in alerts],
    )


def take(known: Mapping[Key, Notified], said: News, now: float) -> dict[Key, Notified]:
    """Return what a receiver knows after a message."""
    ended = {alert.key for alert in said.over}
    kept = {key: each for key, each in known.items() if key not in ended}
    return kept | {alert.key: Notified(alert, now) for alert in (*said.new, *said.still)}


def is_quiet(settings: Alerts, now: float) -> bool:
    """Return whether a time, in seconds since 1970, lies in the quiet hours."""
    if settings.quiet is None:
        return False
    begin, end = settings.quiet
    here: time = datetime.fromtimestamp(now, settings.zone).time()
    return begin <= here < end if begin < end else here >= begin or here < end


def _is_old(known: Notified, hours: float, now: float) -> bool:
    """Return whether something is to be said again; also where the clock was ahead when it was said."""
    return bool(hours) and not known.at <= now < known.at + hours * _HOUR
