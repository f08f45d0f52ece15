"""Everything of a lesson in one answer."""

import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Row

from edge.hub.lesson.changes import find_changes
from edge.hub.lesson.comparison import differences
from edge.hub.lesson.pausing import EXPLAINS_SECONDS, REMOTE, sources, who_paused
from edge.hub.lesson.reading import Reading, sample_of
from edge.hub.lesson.summary import against_usual, described, facts
from edge.hub.lesson.timetable import Timetables
from edge.hub.lesson.unavailable import Span, unavailable
from edge.hub.lesson.unavailable import facts as facts_of_unavailable
from edge.hub.lesson.usual import FEWEST, WEEKS, Former, by_minute, former_lessons
from edge.hub.store.database import Database
from edge.hub.store.history import Room
from edge.system.clock import iso
from edge.system.time_zone import local_zone


class Lessons:
    """For any thread; methods that read raise `EdgeError` where the database cannot be read now."""

    def __init__(self, database: Database, timetables: Timetables, now: Callable[[], float] = time.time) -> None:
        self._reading = Reading(database)
        self._timetables = timetables
        self._now = now

    def day(self, room: Room, day: date) -> dict[str, Any]:
        """Return the lessons of a room on a day of its time zone."""
        found = self._timetables.day(room.site, room.name, day)
        return {
            "zone": found.zone and found.zone.key,
            "lessons": [
                {"period": each.period, "title": each.title, "from": iso(each.begin), "to": iso(each.end)}
                for each in found.lessons
            ],
            "problem": found.problem or None,
        }

    def zone(self, room: Room) -> ZoneInfo:
        """Return the time zone of a room's timetable, or of this machine where it has none."""
        return self._timetables.zone(room.site, room.name) or local_zone()

    def lesson(
        self, room: Room, since: int, until: int, *, device: str | None = None, names: bool = True
    ) -> dict[str, Any]:
        """Return facts, changes and what is usual of a time in a room.

        Args:
            room: which one.
            since: begin, seconds since 1970.
            until: end; what has not come yet is left out.
            device: id of the one whose records count, if there are any; else of several the one with the most numbers.
            names: whether to say who paused.

        """
        end = max(since, min(until, int(self._now())))
        rows = self._reading.rows(room, since, until)
        device, others = _devices(rows, device)
        own = [row for row in rows if row.device == device]
        samples = [sample_of(row) for row in own]
        changes = find_changes(samples)
        former = self._former(room, device, since, until)
        planned = self._timetables.lesson(room.site, room.name, since, until)
        about = self._about_pauses(room.site, device, since, until, names=names)
        found = facts(own, samples, changes)
        found += facts_of_unavailable(unavailable(own, since, end, running=end < until), about)
        if end == since:
            found = [{"code": "not_begun"}]
        elif end == until:  # its first minutes are not like whole lessons, while people still come in
            found += against_usual(samples, former)
        return {
            "site": room.site,
            "room": room.name,
            "from": iso(since),
            "to": iso(until),
            "device": device,
            "other_devices": others,
            "seconds": until - since,
            "told": sum(each.seconds for each in samples if each.people is not None),
            "lesson": planned and {"period": planned.period, "title": planned.title},
            "facts": found,
            "changes": [described(change) for change in changes],
            "usual": {"lessons": len(former), "minutes": by_minute(former)} if len(former) >= FEWEST else None,
        }

    def compare(
        self, room: Room, one: tuple[int, int], other: tuple[int, int], device: str | None = None
    ) -> dict[str, Any]:
        """Return in what two times of a room differ, the first one as seen from the other one.

        Args:
            room: which one.
            one: begin and end, seconds since 1970.
            other: begin and end of the other time.
            device: id of the one whose records count in each time, if there are any.

        """
        names = ("from", "to", "other_from", "other_to")
        times = dict(zip(names, map(iso, (*one, *other)), strict=True))
        return {"site": room.site, "room": room.name, **times, "facts": self._differences(room, one, other, device)}

    def heat(self, room: Room, weeks: int, device: str | None = None) -> dict[str, Any]:
        """Return averages of the latest weeks by weekday and hour, of one device or of all together."""
        zone = self.zone(room)
        until = int(self._now())
        cells = self._reading.heat(room, device, zone, until - weeks * 7 * 86_400, until)
        return {"zone": zone.key, "weeks": weeks, "cells": cells}

    def _differences(
        self, room: Room, one: tuple[int, int], other: tuple[int, int], wanted: str | None
    ) -> list[dict[str, Any]]:
        if max(one[1], other[1]) > self._now():
            return [{"code": "goes_on"}]  # its first minutes are not like whole lessons
        devices, samples = [], []
        for since, until in (one, other):
            rows = self._reading.rows(room, since, until)
            device, _others = _devices(rows, wanted)
            devices.append(device)
            samples.append([sample_of(row) for row in rows if row.device == device])
        if None not in devices and devices[0] != devices[1]:
            return [{"code": "other_device"}]  # another camera sees other people
        return differences(*samples)

    def _former(self, room: Room, device: str | None, since: int, until: int) -> list[Former]:
        """Return the lessons of former weeks at the same time of the wall clock."""
        if device is None:
            return []
        zone = self.zone(room)
        times = [_weeks_before(week, since, until, zone) for week in range(WEEKS, 0, -1)]
        planned = self._timetables.lesson(room.site, room.name, since, until)
        if planned is not None:
            times = [each for each in times if self._same(room, planned[2:], *each)]
        minutes = self._reading.minutes(room, device, times) if times else []
        return former_lessons(minutes, times)

    def _same(self, room: Room, names: tuple[str, ...], begin: int, end: int) -> bool:
        """Return whether a lesson of a former week was of the same period and title; true where nothing is known."""
        former = self._timetables.lesson(room.site, room.name, begin, end)
        if former is not None:
            return former[2:] == names
        if self._timetables.has_periods(room.site, room.name):
            return False  # the timetable had no such lesson: a holiday
        zone = self.zone(room)
        return not self._timetables.day(room.site, room.name, datetime.fromtimestamp(begin, zone).date()).lessons

    def _about_pauses(
        self, site: str, device: str | None, since: int, until: int, *, names: bool
    ) -> Callable[[Span], tuple[list[str], str | None]]:
        """Return a function that says which sources paused the device in a time, and by whose order."""
        known: list[Any] = []

        def about(span: Span) -> tuple[list[str], str | None]:
            assert device is not None  # it has records that are paused
            if not known:  # most lessons have no pause
                known.append(self._reading.pauses(site, device, since, until + EXPLAINS_SECONDS))
                known.append(self._reading.orders(site, device, until))
            health, orders = known
            by = sources(health, span)
            was_paused = partial(self._reading.was_paused, site, device, REMOTE)
            return by, who_paused(orders, span, was_paused) if names and REMOTE in by else None

        return about


def _devices(rows: Sequence[Row[Any]], wanted: str | None) -> tuple[str | None, list[str]]:
    """Return the device that is wanted, else that with the longest time with a number of people; and the others.

    Who opens a room whose device was replaced reads of the former one what was before that.
    """
    seconds: dict[str, int] = {}
    for row in rows:
        seconds[row.device] = seconds.get(row.device, 0) + (
            row.seconds if row.people is not None and not row.practice else 0
        )
    chosen = wanted if wanted in seconds else max(sorted(seconds), key=seconds.__getitem__, default=None)
    return chosen, sorted(set(seconds) - {chosen})


def _weeks_before(weeks: int, since: int, until: int, zone: Any) -> tuple[int, int]:  # noqa: ANN401 - a tzinfo
    """Return the same time some weeks before, by the wall clock of a zone."""
    begin = datetime.fromtimestamp(since, zone).replace(tzinfo=None) - timedelta(weeks=weeks)
    return (first := int(begin.replace(tzinfo=zone).timestamp())), first + until - since
