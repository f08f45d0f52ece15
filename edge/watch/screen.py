"""The table in the terminal; the only module of the package that needs rich."""

import time
from datetime import datetime

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from edge.contract.records import EMOTIONS, PublishedRecord
from edge.watch.rooms import Room
from edge.watch.words import attention, clean, published_values, remark, seconds

# Okabe and Ito's palette, which colour-blind people can distinguish; the letter means the same without colour.
_COLOURS = {
    "angry": ("#D55E00", "a"),
    "disgust": ("#009E73", "d"),
    "fear": ("#CC79A7", "f"),
    "happy": ("#F0E442", "h"),
    "sad": ("#0072B2", "s"),
    "surprise": ("#E69F00", "!"),
    "neutral": ("#56B4E9", "n"),
    "unsure": ("#BBBBBB", "?"),
    "other": ("#777777", "o"),
}
_WIDEST, _WIDE, _MIDDLE, _NARROW = 150, 110, 80, 50
_PAGE_SECONDS = 8
_FRAME = 7
"""Lines of the screen that do not show a room."""


def bar(record: PublishedRecord, width: int, *, colour: bool) -> Text:
    """Return the mix of a record, `width` characters for all people; empty where all values are withheld."""
    parts = {name: value for name, value in published_values(record).items() if value}
    total = sum(parts.values())
    text = Text(no_wrap=True)
    if not total:
        return text
    done, end = 0, 0.0
    for name, value in parts.items():
        end += value
        cells = round(end / total * width) - done
        done += cells
        shade, letter = _COLOURS[name]
        if colour:
            text.append(f"{letter:<{cells}}"[:cells], style=f"black on {shade}")
        else:
            text.append(letter * cells)
    return text


def table(rooms: list[Room], moment: datetime, console: Console, *, rows: int | None = None) -> Table:
    """Return the table of `rooms` for the width of `console`; with `rows`, one page of them, turning by itself."""
    width = console.width
    pages = 1 if rows is None else max(1, -(-len(rooms) // max(1, rows)))
    page = int(time.monotonic() / _PAGE_SECONDS) % pages
    shown = rooms if rows is None else rooms[page * rows : (page + 1) * rows]
    widest = width >= _WIDEST
    wide, middle, narrow = width >= _WIDE, width >= _MIDDLE, width < _NARROW
    grid = Table(box=None, pad_edge=False, expand=True, header_style="bold")
    grid.add_column("room", no_wrap=True, overflow="ellipsis", min_width=4, max_width=24)
    if wide:
        grid.add_column("device", no_wrap=True, overflow="ellipsis", max_width=26)
    grid.add_column("people", justify="right", no_wrap=True)
    if not narrow:
        grid.add_column("max", justify="right", no_wrap=True)
    if widest:
        grid.add_column("may be wrong", justify="right", no_wrap=True)
    grid.add_column("shown", ratio=1, no_wrap=True, overflow="ellipsis")
    grid.add_column("age", justify="right", no_wrap=True)
    if not narrow:
        grid.add_column("status", no_wrap=True)
    if middle:
        grid.add_column("camera", no_wrap=True, overflow="ellipsis", max_width=16)
        grid.add_column("backlog", justify="right", no_wrap=True)
    for room in shown:
        people, most = _people(room)
        cells = [Text(clean(f"{room.place.site}/{room.name or '?'}"))]
        cells += [Text(clean(room.place.device))] if wide else []
        cells += [people] if narrow else [people, most]
        cells += [_error(room)] if widest else []
        cells += [_mix(room, _bar_width(width), colour=not console.no_color)]
        cells += [_age(room, moment)] if not narrow else [_age(room, moment) if room.online else _status(room)]
        cells += [] if narrow else [_status(room)]
        if middle:
            backlog = "" if room.health is None else str(room.health.backlog)
            cells += [Text(room.camera(), style="" if room.camera() in {"running", ""} else "bold"), Text(backlog)]
        grid.add_row(*cells)
    if pages > 1:
        grid.caption = f"page {page + 1} of {pages}, {len(rooms)} devices"
    return grid


def whole(rooms: list[Room], moment: datetime, console: Console, foot: list[str], *, connected: bool = True) -> Group:
    """Return what fills the terminal: the table, the key to its letters, and the lines of `foot`.

    The first of these describes the connection; it is bold while there is none.
    """
    key = Text(no_wrap=True, overflow="ellipsis")
    for name in (*EMOTIONS, "unsure"):
        shade, letter = _COLOURS[name]
        key.append(f" {letter} ", style="" if console.no_color else f"black on {shade}")
        key.append(f" {name}  ")
    nobody = [] if rooms else [Text("No message has arrived yet.")]
    lines = [Text(each, style="dim" if connected or number else "bold") for number, each in enumerate(foot)]
    troubles = attention(rooms)
    lines += [Text(trouble, style="bold", no_wrap=True, overflow="ellipsis") for trouble in troubles]
    grid = table(rooms, moment, console, rows=max(1, console.height - _FRAME - len(troubles)))
    return Group(grid, *nobody, Text(""), key, *lines)


def _bar_width(width: int) -> int:
    others = (
        111
        if width >= _WIDEST
        else 98
        if width >= _WIDE
        else 72
        if width >= _MIDDLE
        else 52
        if width >= _NARROW
        else 34
    )
    return max(6, width - others)


def _people(room: Room) -> tuple[Text, Text]:
    if room.record is None:
        return Text(""), Text("")
    faces = room.record.faces
    mean = "–" if faces.mean is None else f"{faces.mean:.1f}"
    return Text(mean), Text("–" if faces.max is None else str(faces.max))


def _error(room: Room) -> Text:
    """Return how many people may stand under a wrong emotion; a dash where it is not known."""
    if room.record is None:
        return Text("")
    error = room.record.emotions_error
    return Text("–" if error is None else f"{error:.1f}")


def _mix(room: Room, width: int, *, colour: bool) -> Text:
    if room.record is None:
        return Text("no record yet", style="dim")
    note = remark(room.record)
    mix = bar(room.record, max(8, width - len(note) - 1) if note else width, colour=colour)
    if not mix.plain:
        return Text(note or ("no person in view" if room.record.faces.mean == 0 else ""), style="italic")
    if note:
        mix.append(f" {note}", style="italic")
    return mix


def _age(room: Room, moment: datetime) -> Text:
    age = seconds(room.age(moment))
    return Text(f"stale {age}", style="bold") if room.stale(moment) else Text(age)


def _status(room: Room) -> Text:
    state = room.state()
    return Text(state, style="" if state == "online" else "bold")
