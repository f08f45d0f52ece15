"""The table in the terminal; the only module of the package that needs rich."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import NamedTuple

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
_GROUPS: dict[str, tuple[str, ...]] = {
    "smiling": ("happy",),
    "neutral": ("neutral",),
    "other": (*(name for name in EMOTIONS if name not in {"happy", "neutral"}), "other"),
    "unsure": ("unsure",),
}
"""The groups of the dashboard, in few columns; `other` of a record is the sum of emotions that are too rare."""
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
    pages = 1 if rows is None else max(1, -(-len(rooms) // max(1, rows)))
    page = int(time.monotonic() / _PAGE_SECONDS) % pages
    shown = rooms if rows is None else rooms[page * rows : (page + 1) * rows]
    columns = _columns(console, moment)
    grid = Table(box=None, pad_edge=False, collapse_padding=True, expand=True, header_style="bold")
    for column in columns:
        grid.add_column(
            column.title,
            justify="right" if column.number else "left",
            no_wrap=True,
            overflow="ellipsis",
            max_width=column.most,
            ratio=1 if column.most is None and not column.number else None,
        )
    for room in shown:
        grid.add_row(*(column.cell(room) for column in columns))
    if pages > 1:
        grid.caption = f"page {page + 1} of {pages}, {len(rooms)} devices"
    return grid


class _Column(NamedTuple):
    """A column: its title, its cell of a room, whether that is a number, the largest width; None: what is left."""

    title: str
    cell: Callable[[Room], Text]
    number: bool = False
    most: int | None = None


def _columns(console: Console, moment: datetime) -> list[_Column]:
    """Return what fits: numbers from 80 columns on, the bar beside them from 110, all from 150."""
    width, colour = console.width, not console.no_color
    name = _Column("room", lambda room: Text(clean(f"{room.place.site}/{room.name or '?'}")), most=24)
    people = _Column("people", lambda room: _people(room)[0], number=True)
    most = _Column("max", lambda room: _people(room)[1], number=True)
    age = _Column("age", lambda room: _age(room, moment), number=True)
    mix = _Column("shown", lambda room: _mix(room, _bar_width(width), colour=colour))
    groups = [_Column(title, partial(_group, names), number=True) for title, names in _GROUPS.items()]
    status = _Column("status", _status, most=8)
    if width < _NARROW:
        return [name, people, mix, age._replace(cell=lambda room: _age(room, moment) if room.online else _status(room))]
    if width < _MIDDLE:
        return [name, people, most, mix, age, status]
    if width < _WIDE:
        return [name, people, *groups, age, _Column("state", _state)]
    camera = _Column("camera", _camera, most=16)
    backlog = _Column(
        "backlog", lambda room: Text("" if room.health is None else str(room.health.backlog)), number=True
    )
    if width < _WIDEST:
        return [name, people, most, *groups, mix, age, status, camera, backlog]
    device = _Column("device", lambda room: Text(clean(room.place.device)), most=26)
    wrong = _Column("may be wrong", _error, number=True)
    return [name, device, people, most, *groups, wrong, mix, age, status, camera, backlog]


def whole(rooms: list[Room], moment: datetime, console: Console, foot: list[str], *, connected: bool = True) -> Group:
    """Return what fills the terminal: the table, the key to its letters, and the lines of `foot`.

    The first of these describes the connection; it is bold while there is none.
    """
    key = _key(console)
    nobody = [] if rooms else [Text("No message has arrived yet.")]
    lines = [Text(each, style="dim" if connected or number else "bold") for number, each in enumerate(foot)]
    troubles = attention(rooms)
    lines += [Text(trouble, style="bold", no_wrap=True, overflow="ellipsis") for trouble in troubles]
    grid = table(rooms, moment, console, rows=max(1, console.height - _FRAME - len(troubles)))
    return Group(grid, *nobody, Text(""), *key, *lines)


def _key(console: Console) -> list[Text]:
    """Return what the letters of the bar mean, or where there is no bar, what the numbers are."""
    if _MIDDLE <= console.width < _WIDE:
        return [Text("People on average who smile, look neutral, show another emotion, or are unsure.", style="dim")]
    words = [(*_COLOURS[name], name) for name in (*EMOTIONS, "unsure")]
    key = Text(no_wrap=True, overflow="ellipsis")
    spaced = sum(len(name) + 6 for *_, name in words) <= console.width
    for shade, letter, name in words:
        key.append(f" {letter} " if spaced else letter, style="" if console.no_color else f"black on {shade}")
        key.append(f" {name}  " if spaced else f" {name} ")
    return [key]


def _bar_width(width: int) -> int:
    taken = 148 if width >= _WIDEST else 105 if width >= _WIDE else 52 if width >= _NARROW else 34
    return max(6, width - taken)


def _group(names: Sequence[str], room: Room) -> Text:
    """Return how many people showed one of some emotions; a dash where one of them is withheld."""
    if room.record is None:
        return Text("")
    values = published_values(room.record)
    known = [values[name] for name in names if name in values]
    missing = {name for name in names if name not in values} - {"other"}
    complete = known and (not missing or ("other" in values and "other" in names))
    return Text(f"{sum(known):.1f}" if complete else "–")


def _state(room: Room) -> Text:
    """Return in few words how it is, where there is one column for all of it."""
    camera = room.camera()
    if room.state() != "online":
        return _status(room)
    if camera not in {"", "running", "paused"}:
        return Text(camera, style="bold")
    if room.record is None:
        return Text("no record yet", style="dim")
    why = remark(room.record).partition(":")[0]  # what follows the colon has no place on 80 columns
    nobody = "nobody in view" if room.record.faces.mean == 0 else "counting"
    return Text(why or nobody, style="italic" if why else "")


def _camera(room: Room) -> Text:
    return Text(room.camera(), style="" if room.camera() in {"running", ""} else "bold")


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
