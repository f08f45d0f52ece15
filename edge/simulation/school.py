"""The day of a simulated school: which rooms there are, when they have lessons, and what goes wrong in them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Literal, NamedTuple

from edge.config.pause import Hours

Trouble = Literal["paused", "too_dark", "no_camera", "off"]
MINUTE = 60


class Lesson(NamedTuple):
    """Begin and end, seconds since 1970."""

    begin: float
    end: float


class Spell(NamedTuple):
    """A time in which not all is well: from so many minutes before the start of the simulation, for so many minutes."""

    trouble: Trouble
    before: float
    minutes: float = float("inf")


@dataclass(frozen=True)
class Plan:
    """What is special about a room.

    Attributes:
        people: smallest and largest size of its classes.
        spells: when not all is well.

    """

    people: tuple[int, int] = (22, 29)
    spells: tuple[Spell, ...] = ()


ORDINARY = Plan()
VARIOUS = (
    ORDINARY,
    Plan(spells=(Spell("too_dark", 95, 20),)),
    Plan(people=(2, 4)),
    Plan(spells=(Spell("paused", 190, 25), Spell("paused", 12))),
    Plan(spells=(Spell("no_camera", 7),)),
    Plan(spells=(Spell("off", 16),)),
)
"""Counted, counted after a film in the dark, too few people, paused, camera fails, switched off."""


@dataclass(frozen=True)
class School:
    """The rooms of a fleet and their lessons.

    Attributes:
        rooms: their names; devices beyond them have names such as A101.
        lessons: weekly hours of all rooms; empty: people come and go all day.
        zone: time zone of `lessons`; None: that of this machine.
        plans: of the rooms, in turn.
        history: whether devices begin with the records of the hours before, and of former weeks.
        begun: start of the simulation, seconds since 1970.

    """

    rooms: Sequence[str] = ()
    lessons: Sequence[Hours] = ()
    zone: tzinfo | None = None
    plans: Sequence[Plan] = (ORDINARY,)
    history: bool = False
    begun: float = field(default_factory=lambda: datetime.now(UTC).timestamp())

    def plan(self, number: int) -> Plan:
        """Return the plan of a room."""
        return self.plans[number % len(self.plans)]

    def lesson(self, time: float) -> Lesson | None:
        """Return the lesson at a time; None: there is a break."""
        time = int(time)
        local = datetime.fromtimestamp(time, UTC).astimezone(self.zone)
        minute = 60 * local.hour + local.minute
        for days, start, end in self.lessons:
            if local.weekday() in days and start <= minute < end:
                begin = time - (minute - start) * MINUTE - local.second
                return Lesson(begin, begin + (end - start) * MINUTE)
        return None

    def trouble(self, number: int, time: float) -> Trouble | None:
        """Return what is wrong in a room at a time."""
        for trouble, before, minutes in self.plan(number).spells:
            begin = self.begun - before * MINUTE
            if begin <= time < begin + minutes * MINUTE:
                return trouble
        return None
