"""A table as one HTML file: no script, nothing from elsewhere, so it can be mailed and kept."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape
from typing import Literal

from edge.fleet.troubles import Trouble
from edge.system.clock import iso

Edge = Literal["now", "soon", "fine"]
"""How urgent a row is: the colour at its left edge."""
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


def document(  # noqa: PLR0913 - the parts of a page
    title: str,
    at: datetime,
    *,
    tiles: Iterable[tuple[int, str]],
    head: Sequence[str],
    rows: Iterable[str],
    notes: Iterable[str] = (),
) -> str:
    """Return the page.

    Args:
        title: of the page.
        at: when it was made, UTC.
        tiles: numbers with what they count, above the table.
        head: names of the columns.
        rows: of the table, see `row`.
        notes: sentences below the tiles.

    """
    cells = "".join(f'<th scope="col">{name}</th>' for name in head)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} {iso(at.timestamp())}</title><style>{_STYLE}</style></head>\n<body>"
        f"<h1>{escape(title)}</h1><p>{iso(at.timestamp())}, emotion-edge. Times are UTC.</p>"
        f'<ul class="sums">{"".join(f"<li><b>{number}</b>{words}</li>" for number, words in tiles)}</ul>\n'
        + "".join(f"<p>{escape(note)}</p>" for note in notes)
        + f'<div class="wide"><table><thead><tr>{cells}</tr></thead>\n<tbody>'
        + "\n".join(rows)
        + "</tbody></table></div></body></html>\n"
    )


def row(edge: Edge, cells: Sequence[str], troubles: Iterable[Trouble], nothing: str) -> str:
    """Return a row of the table: its cells, and at last the troubles, or `nothing` where there are none."""
    found = "".join(f"<li{' class=urgent' if one.urgency == 'now' else ''}>{escape(one.text)}</li>" for one in troubles)
    inner = "".join(f"<td>{escape(cell)}</td>" for cell in cells[1:])
    return (
        f'<tr><td class="{edge}">{escape(cells[0])}</td>{inner}'
        f"<td>{f'<ul>{found}</ul>' if found else nothing}</td></tr>"
    )
