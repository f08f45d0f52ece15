"""What `emotion-edge watch` makes of messages: the table, its words, a row of an export; without a broker."""

import csv
import io
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from edge.contract.reading import Message, Paused, Place, RefusedMessage, Status, read
from edge.contract.records import Camera, Health, Lost, PublishedRecord
from edge.watch.export import COLUMNS, as_row
from edge.watch.inbox import Seen
from edge.watch.rooms import Room, Rooms
from edge.watch.screen import table, whole
from tests.views.published import BASE, Device


def room(record: dict[str, Any]) -> Room:
    parsed = PublishedRecord.model_validate_json(json.dumps(record))
    return Room(Place(parsed.site, parsed.device), record=parsed, online=True)


def drawn(rooms: list[Room], width: int, *, no_color: bool = False, height: int = 30) -> str:
    screen = Console(
        file=io.StringIO(), width=width, height=height, force_terminal=True, color_system="truecolor", no_color=no_color
    )
    screen.print(whole(rooms, datetime.now(UTC), screen, []))
    assert isinstance(screen.file, io.StringIO)
    shown = screen.file.getvalue()
    return re.sub(r"\x1b\[[0-9;]*m", _only_colours, shown) if no_color else shown


def _only_colours(escape: re.Match[str]) -> str:
    return escape[0] if {"38", "48"} & set(escape[0][2:-1].split(";")) else ""


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_what_is_withheld_is_told_by_its_reason_and_by_no_number(width: int) -> None:
    device = Device("pi-1", room="B")
    withheld = device.next(2.0)
    assert withheld["suppressed"] == "below_min_group"
    paused = device.next(paused=True)
    for record, reason in ((withheld, "too few people"), (paused, "paused")):
        shown = drawn([room(record)], width, no_color=True)
        (line,) = [line for line in shown.splitlines() if "north/B" in line]
        line = line.replace("pi-1", "").replace("10 min", "")
        assert not any(letter.isdigit() for letter in line)
        assert reason[:6] in line
        assert max(map(len, shown.splitlines())) <= width


def test_a_terminal_of_80_columns_shows_the_numbers_of_the_groups() -> None:
    record = Device("pi-1", room="Room 12", site="simulated").next(20.0, happy=4.5, sad=2.0, fear=1.0)
    shown = drawn([room(record)], 80, no_color=True)
    head, line = shown.splitlines()[:2]
    assert head.split() == ["room", "people", "smiling", "neutral", "other", "unsure", "age", "state"]
    assert line.split()[:7] == ["simulated/Room", "12", "20.0", "4.5", "12.5", "3.0", "0.0"]
    assert "counting" in line
    rare = record | {"emotions": record["emotions"] | {"sad": None, "fear": None}, "other": 3.0}
    assert drawn([room(rare)], 80, no_color=True).splitlines()[1].split()[5] == "3.0"
    unknown = rare | {"other": None}
    assert drawn([room(unknown)], 80, no_color=True).splitlines()[1].split()[5] == "–"
    for width in (80, 110, 120, 150):
        lines = drawn([room(record)], width, no_color=True).splitlines()
        assert "…" not in "".join(lines), "nothing is cut off"


def test_the_bar_says_the_same_with_and_without_colours() -> None:
    record = Device("pi-1").next(8.0, happy=4.0, sad=2.0)
    plain = drawn([room(record)], 120, no_color=True)
    (line,) = [line for line in plain.splitlines() if "north/B12" in line]
    happy, sad, neutral = (line.count(letter * 2) for letter in "hsn")
    assert happy >= 2 * sad - 1 > 0
    assert neutral > 0
    assert "\x1b[38" not in plain
    assert "\x1b[48" not in plain
    coloured = drawn([room(record)], 120)
    assert "48;2;240;228;66" in coloured  # happy's yellow


def test_how_many_may_be_wrong_is_shown_where_there_is_room_and_where_it_is_known() -> None:
    record = Device("pi-1").next(8.0, happy=4.0) | {"emotions_error": 3.7}
    assert "may be wrong" in drawn([room(record)], 160)
    assert "3.7" in drawn([room(record)], 160)
    unknown = drawn([room(record | {"emotions_error": None})], 160, no_color=True)
    (line,) = [line for line in unknown.splitlines() if "north/B12" in line]
    assert "–" in line


def test_names_cannot_steer_the_terminal() -> None:
    record = Device("pi-1").next(8.0) | {"room": "\x1b]0;owned\x07[red]B12"}
    shown = drawn([room(record)], 200, no_color=True)
    assert "\x1b]" not in shown
    assert "\x07" not in shown
    assert "\\x1b]0;owned" in shown


def test_more_rooms_than_lines_are_shown_page_by_page() -> None:
    rooms = [room(Device(f"pi-{number:02}", room=f"R{number}").next(8.0)) for number in range(40)]
    shown = drawn(rooms, 100, height=20)
    assert len(shown.splitlines()) <= 20
    assert "of 4, 40 devices" in shown
    everything = table(rooms, datetime.now(UTC), Console(width=100))
    assert everything.row_count == 40


def test_a_thin_interval_and_a_late_room_are_marked() -> None:
    thin = Device("pi-1").next(8.0) | {"frames": {"analysed": 3, "expected": 20}}
    shown = drawn([room(thin)], 140, no_color=True)
    assert "thin: 3 of 20 frames" in shown
    assert "stale 10 min" in shown


def test_offline_paused_camera_and_backlog_are_told() -> None:
    values: dict[str, Any] = dict.fromkeys(Health.model_fields) | {
        "schema_version": 1,
        "device": "pi-1",
        "time": "2026-11-22T09:05:00Z",
        "observer": "running",
        "camera": Camera(state="retrying", error="CameraMissing", restarts=1),
        "backlog": 4321,
        "withheld_messages": [],
        "lost": [],
        "without_subscriber": 0,
    }
    running = Camera(state="running", error=None, restarts=0)
    health = Health.model_construct(**values)
    place = Place("north", "pi-1")
    rooms = Rooms()
    steps: list[tuple[Message, list[str]]] = [
        (Status(True), ["online", "no record yet"]),
        (Paused(True), ["paused"]),
        (Status(False), ["offline"]),
        (health, ["CameraMissing", "4321"]),
        (health.model_copy(update={"observer": "silent"}), ["silent"]),
        (health.model_copy(update={"camera": running, "light": "too_dark"}), ["too dark"]),
        (health.model_copy(update={"camera": running, "light": "dim"}), ["dim light"]),
        (health.model_copy(update={"camera": running, "light": "dim", "picture": "upside_down"}), ["upside down"]),
        (health.model_copy(update={"camera": running, "picture": "out_of_focus"}), ["out of focus"]),
        (health.model_copy(update={"camera": running, "light": "good", "picture": "good"}), ["running"]),
        (
            health.model_copy(update={"withheld_messages": ["discovery"]}),
            ["Not published, because the broker does not accept it: discovery (pi-1)"],
        ),
        (
            health.model_copy(
                update={
                    "lost": [Lost(cause="spool_damaged", records=30), Lost(cause="spool_replaced", records=4)],
                    "without_subscriber": 7,
                    "descriptors_free": 10,
                }
            ),
            [
                "Stored records lost since the start of the device: pi-1 (34)",
                "Records that the broker took while nobody had subscribed to them: pi-1 (7)",
                "Few files that the device may still open: pi-1 (10)",
            ],
        ),
    ]
    for message, words in steps:
        rooms.update(place, message)
        shown = drawn(rooms.sorted(), 120, no_color=True)
        assert all(word in shown for word in words)


def test_a_backlog_does_not_replace_the_newest_interval() -> None:
    device = Device("pi-1")
    old, new = room(device.next(8.0)), room(device.next(9.0))
    rooms = Rooms()
    for each in (new, old):
        assert each.record
        rooms.update(each.place, each.record)
    (shown,) = rooms.sorted()
    assert shown.record == new.record


def test_a_cell_that_a_spreadsheet_would_compute_is_text() -> None:
    """In any locale: those with a decimal comma separate cells by a semicolon, inside quotation marks, too."""
    for name in ("=cmd|'/C calc'!A0", "+1", "-1", "@SUM(A1)", "x;=1+1", "x;;@SUM(A1)", "x; -1", "\uff1d1+1", " =1"):
        record = Device("pi-1").next(8.0) | {"room": name, "device": name}
        row = as_row(PublishedRecord.model_validate_json(json.dumps(record)))
        text = io.StringIO()
        csv.writer(text).writerow(row)
        for separator in (",", ";", "\t"):
            (cells,) = csv.reader([text.getvalue()], delimiter=separator)
            assert not [cell for cell in cells if cell.lstrip().startswith(("=", "+", "-", "@", "\uff1d"))]
        named = dict(zip(COLUMNS, row, strict=True))
        assert named["room"].replace("'", "") == name.replace("'", "")
    record = Device("pi-1").next(8.0) | {"room": "B-12 + C"}
    assert as_row(PublishedRecord.model_validate_json(json.dumps(record)))[COLUMNS.index("room")] == "B-12 + C"


def test_repeats_are_known_within_a_bounded_memory() -> None:
    seen = Seen(capacity=10)
    device = Device("pi-1")
    records = [PublishedRecord.model_validate_json(json.dumps(device.next())) for _ in range(11)]
    assert all(seen.first(record) for record in records)
    assert not any(seen.first(record) for record in records[1:])
    assert seen.first(records[0])


def test_topics_of_others_are_not_ours() -> None:
    assert read(BASE, f"{BASE}/north/pi-1/status", b"online") == (Place("north", "pi-1"), Status(True))
    for topic in (f"{BASE}/north/pi-1", f"{BASE}/north/pi-1/pause/set", "other/north/pi-1/counts", ""):
        with pytest.raises(RefusedMessage):
            read(BASE, topic, b"online")
