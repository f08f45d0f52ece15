"""The report as one HTML file: no script, nothing from elsewhere, so it can be mailed and kept."""

from html import escape

from edge.fleet.report import Report, Row
from edge.system.clock import iso
from edge.watch.words import seconds

_STYLE = """
:root { color-scheme: light dark; font: 16px/1.4 system-ui, sans-serif; }
body { margin: 1.5rem auto; max-width: 90rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .35rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid #8884; }
thead th { position: sticky; top: 0; background: Canvas; }
.sums { display: flex; flex-wrap: wrap; gap: 1rem; padding: 0; list-style: none; }
.sums li { border: 1px solid #8886; border-radius: .5rem; padding: .5rem 1rem; }
.sums b { display: block; font-size: 1.8rem; }
.now { font-weight: 700; border-left: .4rem solid #c62828; }
.soon { border-left: .4rem solid #b26a00; }
.fine { border-left: .4rem solid #2e7d32; }
td:nth-child(-n+3) { white-space: nowrap; }
td ul { margin: 0; padding-left: 1.1rem; font-weight: 400; }
li.urgent { font-weight: 700; }
.wide { overflow-x: auto; }
@media print { body { margin: 0; max-width: none; } thead th { position: static; } }
"""
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
    head = "".join(f'<th scope="col">{name}</th>' for name in _HEAD)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Fleet report {iso(report.at.timestamp())}</title><style>{_STYLE}</style></head>\n<body>"
        f"<h1>Fleet report</h1><p>{iso(report.at.timestamp())}, emotion-edge. Times are UTC.</p>"
        f'<ul class="sums">{"".join(f"<li><b>{number}</b>{words}</li>" for number, words in tiles)}</ul>\n'
        f'<div class="wide"><table><thead><tr>{head}</tr></thead>\n<tbody>'
        + "\n".join(_row(row, report) for row in report.rows)
        + "</tbody></table></div></body></html>\n"
    )


def _row(row: Row, report: Report) -> str:
    room, info, health = row.room, row.room.info, row.room.health
    urgency = "now" if any(one.urgency == "now" for one in row.troubles) else "soon" if row.troubles else "fine"
    age = seconds(room.age(report.at))
    found = "".join(
        f"<li{' class=urgent' if one.urgency == 'now' else ''}>{escape(one.text)}</li>" for one in row.troubles
    )
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
        f"{row.days} days" if row.days is not None else "",
        ", ".join(health.paused_by or ()) if health else "",
    )
    inner = "".join(f"<td>{escape(cell)}</td>" for cell in cells[1:])
    return (
        f'<tr><td class="{urgency}">{escape(cells[0])}</td>{inner}'
        f"<td>{f'<ul>{found}</ul>' if found else 'nothing'}</td></tr>"
    )
