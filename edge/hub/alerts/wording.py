"""The text of a message: which room, what, since when, what to do. Never how many people there are, or an emotion."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edge.hub.alerts.notifications import News
from edge.hub.alerts.rules import Alert
from edge.hub.alerts.symptoms import KINDS, Kind

_NAMED = 8
"""So many things of a kind have a line of their own; the others are counted, or 500 devices would fill a screen."""
_OVER = "Over: "
_TITLE = 120
"""Characters; an error of a database may have a long path."""


class Text(NamedTuple):
    """A message.

    Attributes:
        title: one line.
        body: plain text.

    """

    title: str
    body: str


class _Words(NamedTuple):
    """How a message speaks of a kind; `{detail}` and `{subject}` are those of the alert.

    Attributes:
        line: what is wrong with one thing.
        many: what is wrong with several, after their number.
        remedy: what to do.

    """

    line: str
    many: str
    remedy: str


_WORDS: dict[Kind, _Words] = {
    "store": _Words(
        "cannot store records: {detail}",
        "",
        "follow the message; until then the broker keeps what arrives, as far as its queue reaches",
    ),
    "disk": _Words(
        "its disk has {detail} MB left",
        "",
        "free space, or set store.keep_days; on a full disk the hub stores nothing",
    ),
    "broker": _Words(
        "does not reach the broker: {detail}",
        "",
        "see whether the broker runs, and `journalctl -u emotion-edge-hub` on the hub",
    ),
    "certificate": _Words(
        "the certificate {subject} ends on {detail}",
        "certificates of the hub end soon",
        "renew it, see docs/guide/broker.md, and restart the hub",
    ),
    "silent": _Words(
        "the device {subject} sends nothing",
        "devices send nothing",
        "check power and network of the device; one that was taken away: emotion-edge decommission",
    ),
    "camera": _Words(
        "the camera of the device {subject} gives no picture ({detail})",
        "cameras give no picture",
        "run `sudo emotion-edge doctor` on the device; it names the cause",
    ),
    "spool": _Words(
        "{detail} records wait on the device {subject} and do not become fewer",
        "devices cannot deliver their records",
        "run `sudo emotion-edge doctor` on the device, and see the log of the broker",
    ),
}


def text_of(news: News, zone: ZoneInfo) -> Text:
    """Return the message for some news; times are in `zone`."""
    blocks = [
        *_blocks(news.new, "", zone),
        *_blocks(news.still, "Still so: ", zone),
        *_blocks(news.over, _OVER, zone),
    ]
    return Text(f"emotion-edge: {_title(news)}", "\n\n".join(blocks))


def test_text(now: float, zone: ZoneInfo) -> Text:
    """Return the message of a test."""
    when = _time(now, zone)
    body = f"This is a test, sent on {when}. Messages of the emotion-edge hub arrive here. Nothing is to be done."
    return Text("emotion-edge: test", body)


def _title(news: News) -> str:
    open_ones = [*news.new, *news.still]
    if not open_ones:
        return "all clear" if len(news.over) == 1 else f"all clear for {len(news.over)} alerts"
    if len(open_ones) == 1:
        return _line(open_ones[0], None)[:_TITLE]
    kinds = {alert.key.kind for alert in open_ones}
    if len(kinds) == 1:
        return f"{len(open_ones)} {_WORDS[kinds.pop()].many}"
    return f"{len(open_ones)} alerts"


def _blocks(alerts: Sequence[Alert], heading: str, zone: ZoneInfo) -> list[str]:
    found = []
    for kind in KINDS:
        of_kind = sorted((each for each in alerts if each.key.kind == kind), key=lambda each: each.since)
        if of_kind:
            found.append(_block(kind, of_kind, heading, zone))
    return found


def _block(kind: Kind, alerts: Sequence[Alert], heading: str, zone: ZoneInfo) -> str:
    words = _WORDS[kind]
    lines = [f"{heading}{_line(alert, zone)}, since {_time(alert.since, zone)}." for alert in alerts[:_NAMED]]
    if len(alerts) > _NAMED:
        lines.insert(0, f"{heading}{len(alerts)} {words.many}. Those that began first:")
        lines.append(f"And {len(alerts) - _NAMED} more; GET /api/v1/alerts has all.")
    if heading != _OVER:
        lines.append(f"What to do: {words.remedy}.")
    return "\n".join(lines)


def _line(alert: Alert, zone: ZoneInfo | None) -> str:
    """Return what is wrong with what; the day of a certificate is that of UTC where no zone is given."""
    detail = alert.detail
    if alert.key.kind == "certificate":
        detail = f"{datetime.fromtimestamp(int(detail), zone or UTC):%Y-%m-%d}"
    place = f"{alert.room} ({alert.key.site})" if alert.key.site else "Hub"
    line = f"{place}: {_WORDS[alert.key.kind].line.format(detail=detail, subject=alert.key.subject)}"
    return " ".join(line.split())  # an error may have several lines


def _time(seconds: float, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(seconds, zone):%Y-%m-%d %H:%M} ({zone.key})"
