"""The report as a page."""

from edge.fleet.document import Edge, document, row
from edge.fleet.report import Report, Row
from edge.watch.words import seconds

_HEAD = (
    "Site", "Room", "Device", "State", "Version", "Model", "Latest record", "Backlog", "Camera", "Temperature",
    "Certificate", "Paused by", "What needs a person",
)  # fmt: skip


def page_of(report: Report) -> str:
    """Return the page."""
    sums = report.facts()
    fine = sums["devices"] - sums["need_a_person_now"] - sums["need_a_person_soon"]
    tiles = (
        (sums["devices"], "devices"),
        (sums["need_a_person_now"], "need a person now"),
        (sums["need_a_person_soon"], "need a person soon"),
        (fine, "are fine"),
    )
    return document("Fleet report", report.at, tiles=tiles, head=_HEAD, rows=(_row(one, report) for one in report.rows))


def _row(one: Row, report: Report) -> str:
    room, info, health = one.room, one.room.info, one.room.health
    age = seconds(room.age(report.at))
    cells = (
        room.place.site,
        room.name,
        room.place.device,
        room.state(),
        info.version if info else "",
        (info.model or "people only") if info else "",
        f"{age} ago" if age else "",
        str(health.backlog) if health else "",
        room.camera(),
        f"{health.soc_celsius:.0f} °C" if health and health.soc_celsius is not None else "",
        f"{one.days} days" if one.days is not None else "",
        ", ".join(health.paused_by or ()) if health else "",
    )
    urgency: Edge = "now" if any(each.urgency == "now" for each in one.troubles) else "soon" if one.troubles else "fine"
    return row(urgency, cells, one.troubles, "nothing")
