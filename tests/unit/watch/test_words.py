"""What `watch` says of a device's health."""

import time
from datetime import UTC, datetime
from typing import Any

import pytest

from edge.contract.reading import Place
from edge.contract.records import Health, Lost, PublishedRecord
from edge.publisher.health import MachineState, PublisherState, build_health
from edge.watch.rooms import Room, Rooms
from edge.watch.words import attention, health_news, line
from tests.support.heartbeat import heartbeat
from tests.views.published import Device


def health(**changes: Any) -> Health:
    """Return the health of a device that is well but for the changes."""
    own = PublisherState(
        backlog=0, dropped=0, spool="disk", refused_at_door=0, refused_commands=0, connections=1, descriptors_free=900
    )
    built = build_health("pi-1", time.time(), heartbeat(), own, MachineState(40, True, 50.0, 0))
    return built.model_copy(update=changes)


def lost(records: int) -> list[Lost]:
    return [Lost(cause="spool_replaced", records=records)]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (
            [health(), health(lost=lost(3)), health(lost=lost(3)), health(lost=lost(5)), health()],
            ["", "stored records lost since its start: 3 (spool_replaced)", "", "lost since its start: 5", ""],
        ),
        (
            [health(without_subscriber=2), health(without_subscriber=2), health(without_subscriber=4), health()],
            ["nobody had subscribed to them: 2; look at the data store", "", "subscribed to them: 4", ""],
        ),
        (
            [health(descriptors_free=20), health(descriptors_free=10), health(descriptors_free=5), health()],
            ["", "files that it may still open: 10", "", "it may open enough files"],
        ),
        (
            [health(refusals_visible=None), health(refusals_visible=False), health(refusals_visible=False)],
            ["", "the broker does not report what it refuses", ""],
        ),
        ([health(refusals_visible=True), health(descriptors_free=None)], ["", ""]),
    ],
)
def test_a_change_is_said_once(steps: list[Health], said: list[str]) -> None:
    before = None
    for now, expected in zip(steps, said, strict=True):
        news = health_news(before, now)
        assert expected in news
        assert bool(news) == bool(expected)
        before = now


def test_devices_with_the_same_trouble_share_a_line() -> None:
    rooms = [
        Room(Place("north", "pi-1"), health=health(lost=lost(3))),
        Room(Place("north", "pi-2"), health=health(lost=lost(4), descriptors_free=0)),
        Room(Place("north", "pi-3"), health=health(refusals_visible=False)),
        Room(Place("north", "pi-4")),
    ]
    assert attention(rooms) == [
        "Stored records lost since the start of the device: pi-1 (3), pi-2 (4)",
        "Few files that the device may still open: pi-2 (0)",
    ]


def test_a_record_of_practice_says_so() -> None:
    lesson = PublishedRecord.model_validate(Device("pi-1").next(8.0))
    assert "practice" not in line(lesson)
    assert "(practice: no lesson)" in line(lesson.model_copy(update={"practice": True}))


def test_a_record_of_a_clock_that_was_ahead_does_not_hide_what_follows() -> None:
    """Within a boot the number counts, and between boots the arrival: a device has its clock right after a restart."""
    rooms, place, device = Rooms(), Place("north", "pi-1"), Device("pi-1")

    def shown(record: PublishedRecord) -> bool:
        rooms.update(place, record)
        return rooms.devices[place].record == record

    first, ahead, after = (PublishedRecord.model_validate(device.next(8.0)) for _ in range(3))
    year = datetime.now(UTC).year + 5
    ahead = ahead.model_copy(update={"start": f"{year}-01-01T00:00:00Z", "end": f"{year}-01-01T00:00:10Z"})
    assert shown(ahead)
    assert shown(after)
    assert not shown(first), "a record of a backlog is older"
    rooms.update(place, after.model_copy(update={"seq": 7, "end": ahead.end}))
    restarted = PublishedRecord.model_validate(Device("pi-1").next(8.0))
    assert shown(restarted)
    late = after.model_copy(update={"seq": 9, "end": ahead.end, "replayed": True})
    assert not shown(late), "of the boot before"


def test_records_that_wait_are_shown_until_a_new_one_comes() -> None:
    """After an outage the backlog comes first, perhaps of several boots."""
    rooms, place = Rooms(), Place("north", "pi-1")
    for replayed in (True, True, False):
        record = PublishedRecord.model_validate(Device("pi-1").next(8.0) | {"replayed": replayed})
        rooms.update(place, record)
        assert rooms.devices[place].record == record
