"""What a simulated device publishes: a made-up room, then the same steps as on a real device."""

import itertools
import json
import random
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from edge.config import Settings
from edge.contract.payload import as_published
from edge.contract.records import Counted, IntervalRecord
from edge.counting.uncertainty import people_in_error
from edge.privacy.disclosure import DisclosureControl
from edge.privacy.settings import configured_note
from edge.simulation.lesson import ClassAtWork
from edge.simulation.reports import MODEL
from edge.simulation.room import Room, nobody
from edge.simulation.school import MINUTE, Lesson, School, Trouble
from edge.system.clock import iso

_SIZES, _SHARES = (1.0, 25.0, 200.0), (0.5, 0.15, 0.1)
"""Error of groups of this model, which does not exist: made up, so that subscribers see a number of a usual size."""
_HISTORY = 6 * 3600
_LESSON = 3600
"""At least: of former days the lesson that is going on now is published to its end."""
_TODAY_SECONDS, _FORMER_SECONDS = 20, 60
"""Length of the intervals: short enough for what changed in a lesson, and long enough for a small machine."""
_FORMER_DAYS = (1, 7, 8, 14, 15, 21, 22)
"""Days before today of which a history has the lessons: those of former weeks make today and yesterday comparable."""


class Records:
    """Makes the payloads of one device since one start of it."""

    def __init__(self, settings: Settings, school: School, number: int) -> None:
        """Prepare for the device of a number, whose id and room `settings` already hold."""
        self._settings = settings
        self._school, self._number = school, number
        self._privacy = configured_note(settings.privacy)
        self._room = Room(random.Random(settings.device.id))  # noqa: S311 - people who come and go
        self._class: tuple[Lesson, ClassAtWork] | None = None
        self._control = DisclosureControl(observations=settings.privacy.observations)
        self._boot, self._seq = secrets.token_hex(4), itertools.count()

    def skip(self) -> None:
        """Leave out the number of a record that cannot be published."""
        next(self._seq)

    def next(self, start: int, end: int, frames: int, trouble: Trouble | None, *, late: bool = False) -> str:
        """Return the JSON of an interval, wall clock seconds since 1970.

        Args:
            start: of the interval.
            end: of the interval.
            frames: how many were analysed, where there is no trouble.
            trouble: what is wrong in the room.
            late: whether the device kept the record for a while.

        """
        paused = trouble == "paused"
        record = IntervalRecord(
            **dict(self._counts((start + end) / 2, 0 if trouble else frames)),
            boot=self._boot,
            seq=next(self._seq),
            start=iso(start),
            end=iso(end),
            monotonic=time.monotonic(),
            clock="synced",
            model=MODEL,
            paused=paused,
        )
        disclosed = self._control.disclose(record, self._privacy, paused=paused)
        mean = disclosed.faces.mean
        error = None if mean is None else people_in_error(mean, _SIZES, _SHARES)
        payload = as_published(record, disclosed, error, self._privacy, self._settings.device) | {"replayed": late}
        return json.dumps(payload, separators=(",", ":"))

    def _counts(self, moment: float, frames: int) -> Counted:
        if not frames:
            return nobody(0)
        if not self._school.lessons:
            return self._room.counts(frames)
        lesson = self._school.lesson(moment)
        if lesson is None:
            return nobody(frames)
        if self._class is None or self._class[0] != lesson:
            sizes = self._school.plan(self._number).people
            self._class = lesson, ClassAtWork(self._settings.device.id, lesson, sizes)
        return self._class[1].counts(moment, frames)


def history(settings: Settings, school: School, number: int, until: int) -> Iterator[tuple[int, str, bool]]:
    """Yield end, JSON, and whether it is of today: what a device kept before `until`, seconds since 1970.

    First come the hours before `until`, then the lessons of some former days, by longer intervals. Each day is of a
    start of its own of the device.
    """
    for days in (0, *_FORMER_DAYS):
        records = Records(settings, school, number)
        then = _before(until, days, school)
        ended = then + _LESSON if days else then
        length = _FORMER_SECONDS if days else _TODAY_SECONDS
        for start in range((then - _HISTORY) // MINUTE * MINUTE, ended, length):
            end = min(ended, start + length)
            wanted = not days or school.lesson(start) is not None
            trouble = school.trouble(number, start)
            if wanted and trouble != "off":
                frames = round((end - start) * settings.camera.frames_per_second)
                yield end, records.next(start, end, frames, trouble, late=True), not days


def _before(until: int, days: int, school: School) -> int:
    """Return the same time of the wall clock so many days before."""
    local = datetime.fromtimestamp(until, UTC).astimezone(school.zone)
    return int((local - timedelta(days=days)).timestamp())
