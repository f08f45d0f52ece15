"""One device of the spreadsheet that `ansible/inventory_from_csv.py` reads, too: the same columns and kinds of cells.

That script is for the machine with Ansible and stands alone; here only what a card needs is read.
"""

import csv
import difflib
import io
import re
from pathlib import Path
from typing import Any, NamedTuple

from edge.errors import UnusableInput

NEEDED = ("host", "id", "site", "room")
_KEY = re.compile(r"(mode|interval_seconds|[a-z_]+\.[a-z_0-9]+)")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+")
_QUOTED = re.compile(r"""(["'])(.*)\1""")


class Row(NamedTuple):
    """A device.

    Attributes:
        names: host, id, site and room.
        settings: as `Plan.settings`.

    """

    names: dict[str, str]
    settings: dict[str, dict[str, Any]]


def hosts(path: Path) -> list[str]:
    """Return the hosts of a spreadsheet; raise `UnusableInput` as `read` does."""
    return [row["host"] for row in _rows(path)]


def read(path: Path, host: str) -> Row:
    """Return the device `host` of a spreadsheet.

    Raises:
        UnusableInput: the file cannot be read, a column is unknown or missing,
            a name is there twice, or there is no `host`.

    """
    rows = _rows(path)
    found = [row for row in rows if row["host"] == host]
    if not found:
        near = difflib.get_close_matches(host, [row["host"] for row in rows], 1, 0.5)
        hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(row['host'] for row in rows[:8])}"
        raise UnusableInput(path, f"has no host {host}", hint)
    row = found[0]
    settings: dict[str, dict[str, Any]] = {}
    for name, cell in row.items():
        if cell and _KEY.fullmatch(name):
            section, _dot, key = name.rpartition(".")
            settings.setdefault(section, {})[key] = value(cell)
    return Row({name: row[name] for name in NEEDED}, settings)


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableInput(path, f"cannot be read ({error})", "save it as CSV, in UTF-8") from error
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";" if first.count(";") > first.count(",") else ",")
    columns = [" ".join(name.split()) for name in next(reader, [])]
    _check_columns(path, columns)
    rows: list[dict[str, str]] = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(columns):
            problem = f"has {len(cells)} cells, and there are {len(columns)} columns"
            raise UnusableInput(f"{path}:{reader.line_num}", problem, "correct that line")
        rows.append(dict(zip(columns, (cell.strip() for cell in cells), strict=True)))
        _check_names(f"{path}:{reader.line_num}", rows)
    return rows


def _check_columns(path: Path, columns: list[str]) -> None:
    for name in columns:
        if name not in NEEDED and not _KEY.fullmatch(name) and not name.startswith("device_"):
            near = difflib.get_close_matches(name, NEEDED, 1, 0.5)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(NEEDED)}, and SECTION.KEY"
            raise UnusableInput(f"{path}:1", f"the column {name!r} is unknown", hint)
        if columns.count(name) > 1:
            raise UnusableInput(f"{path}:1", f"the column {name!r} is there twice", "remove one")
    for name in NEEDED:
        if name not in columns:
            raise UnusableInput(f"{path}:1", f"the column {name!r} is missing", "add it")


def _check_names(place: str, rows: list[dict[str, str]]) -> None:
    last = rows[-1]
    for name in NEEDED:
        if not last[name]:
            raise UnusableInput(place, f"{name} is missing", "fill it in")
    for name in ("host", "id"):
        if any(row[name] == last[name] for row in rows[:-1]):
            raise UnusableInput(place, f"{name} {last[name]!r} is there twice", "each device needs its own")


def value(cell: str) -> Any:  # noqa: ANN401 - what a cell holds
    """Return what a cell means: true, 15, 0.5 and [a, b] are what they look like, all else is text, as is "15"."""
    if cell.startswith("[") and cell.endswith("]"):
        return [value(part.strip()) for part in cell[1:-1].split(",") if part.strip()]
    if quoted := _QUOTED.fullmatch(cell):
        return quoted[2]
    if cell.lower() in {"true", "false"}:
        return cell.lower() == "true"
    if _INTEGER.fullmatch(cell):
        return int(cell)
    return float(cell) if _NUMBER.fullmatch(cell) else cell
