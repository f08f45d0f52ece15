"""What the routes of lessons and marks take and give."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from edge.hub.store.history import Room
from edge.hub.store.lesson_tables import LONGEST_TEXT
from edge.hub.web.messages import ROOM_NAME, OneDevice, RoomSpan

LONGEST_LESSON = timedelta(hours=6)
_LONGEST_MARKS = timedelta(days=31)
_OLDEST, _NEWEST = timedelta(days=31), timedelta(days=1)
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
"""Controls, invisible characters, and those that turn the direction of writing."""
Group = Literal["people", "smiling", "neutral", "other", "unsure"]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _OfRoom(_Asked):
    site: ROOM_NAME = Field(description="site of the room")
    room: ROOM_NAME = Field(description="name of the room")

    @property
    def place(self) -> Room:
        """Site and room."""
        return Room(self.site, self.room)


class DayQuery(_OfRoom):
    """Parameters of `lessons`."""

    day: date = Field(
        ge=date(2000, 1, 1), le=date(2200, 1, 1), description="day of the time zone of the timetable, as 2026-11-26"
    )


class LessonQuery(OneDevice, RoomSpan):
    """Parameters of `lesson`."""

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.until - self.since > LONGEST_LESSON:
            msg = f"the time is too long; ask for at most {LONGEST_LESSON.seconds // 3600} hours at once"
            raise ValueError(msg)
        return self


class ComparisonQuery(LessonQuery):
    """Parameters of `comparison`."""

    other_since: AwareDatetime = Field(alias="other_from", description="begin of the other time")
    other_until: AwareDatetime = Field(alias="other_to", description="its end")

    @model_validator(mode="after")
    def _other_bounded(self) -> Self:
        if not timedelta() < self.other_until - self.other_since <= LONGEST_LESSON:
            hours = LONGEST_LESSON.seconds // 3600
            msg = f"`other_to` must be later than `other_from`, by {hours} hours at most"
            raise ValueError(msg)
        return self

    @property
    def other_seconds(self) -> tuple[int, int]:
        """Begin and end of the other time, seconds since 1970."""
        return int(self.other_since.timestamp()), int(self.other_until.timestamp())


class HeatQuery(OneDevice, _OfRoom):
    """Parameters of `heat`."""

    weeks: Annotated[int, Field(ge=1, le=52)] = Field(8, description="latest weeks")


class MarksQuery(RoomSpan):
    """Parameters of `marks`."""

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.until - self.since > _LONGEST_MARKS:
            msg = f"the time is too long; ask for at most {_LONGEST_MARKS.days} days at once"
            raise ValueError(msg)
        return self


class RoomQuery(_OfRoom):
    """Parameters of a request that changes marks."""


class NewMark(_Asked):
    """A mark to set."""

    at: AwareDatetime = Field(description="what is marked")
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)] = Field(description="one line")

    @field_validator("text")
    @classmethod
    def _visible(cls, value: str) -> str:
        if _UNSEEN.search(value):
            msg = "has characters that cannot be seen, or more than one line; write one line of plain text"
            raise ValueError(msg)
        if not value.strip():
            msg = "is blank; write what begins here"
            raise ValueError(msg)
        return value.strip()

    @field_validator("at")
    @classmethod
    def _near(cls, value: datetime) -> datetime:
        now = datetime.now(UTC)
        if not now - _OLDEST <= value <= now + _NEWEST:
            msg = f"must lie in the last {_OLDEST.days} days, or at most a day ahead"
            raise ValueError(msg)
        return value


class PlannedLesson(_Answer):
    """A lesson of the timetable."""

    period: str = Field(description="its number or name; empty where it comes from a calendar")
    title: str = Field(description="untrusted text")
    begin: str = Field(alias="from")
    end: str = Field(alias="to")


class LessonsOfDay(_Answer):
    """The lessons of a room on a day, in order of time."""

    zone: str | None = Field(description="time zone of the day; null: the room has no timetable")
    lessons: list[PlannedLesson]
    problem: str | None = Field(description="why a calendar cannot be read now; the lessons are of the last good copy")


class Named(_Answer):
    """What a lesson is called."""

    period: str
    title: str


class Fact(BaseModel):
    """A fact with its numbers; docs/design/lesson.md lists the codes."""

    code: Literal[
        "people",
        "share",
        "no_emotions",
        "untold",
        "usual",
        "as_usual",
        "no_change",
        "no_change_people",
        "no_change_shown",
        "too_short",
        "not_begun",
    ]


class FactOfTwo(BaseModel):
    """What differs in two lessons, and what does not; docs/design/lesson.md lists the codes."""

    code: Literal["difference", "alike", "no_emotions", "too_short", "other_device", "goes_on"]


class ChangeOfRoom(_Answer):
    """A change; `difference` is larger than `error`."""

    at: str
    earliest: str
    latest: str
    group: Group
    before: float = Field(description="people, on average over the steady time before")
    after: float = Field(description="people, on average over the steady time after")
    difference: float
    error: float
    gradual: bool = Field(description="the numbers move from `earliest` to `latest`: no steady time before, or after")
    with_people: bool = Field(
        description="people came or left, and the group's share of them changed by no more than the error"
    )


class MarkAnswer(_Answer):
    """A mark."""

    id: int
    at: str
    text: str = Field(description="untrusted: show it as text")
    by: str | None = Field(description="account; null for a screen")
    made: str
    mine: bool = Field(description="whether this login may delete it")


class UsualMinutes(_Answer):
    """What former weeks showed."""

    lessons: int
    minutes: list[dict[str, Any]] = Field(description="median, low and high (quartiles) of people, by group")


class LessonAnswer(_Answer):
    """What is known of a lesson. Counts do not say whether anybody follows it."""

    site: str
    room: str
    begin: str = Field(alias="from")
    end: str = Field(alias="to")
    device: str | None = Field(
        description="whose records: of several the one with the most numbers; null: there are none"
    )
    other_devices: list[str]
    seconds: int
    told: int = Field(description="seconds with a number of people")
    lesson: Named | None
    facts: list[Fact]
    changes: list[ChangeOfRoom] = Field(description="in order of time")
    marks: list[MarkAnswer]
    usual: UsualMinutes | None = Field(description="null: fewer than three former lessons")


class ComparisonAnswer(_Answer):
    """The first time as seen from the other one."""

    site: str
    room: str
    begin: str = Field(alias="from")
    end: str = Field(alias="to")
    other_begin: str = Field(alias="other_from")
    other_end: str = Field(alias="other_to")
    facts: list[FactOfTwo]


class HeatCell(_Answer):
    """Averages of an hour of a day of the week."""

    weekday: int = Field(description="0 is Monday")
    hour: int
    seconds: int = Field(description="with a number of people")
    people: float
    smiling: float | None
    neutral: float | None
    other: float | None
    unsure: float | None


class HeatAnswer(_Answer):
    """Hours without a number of people are missing."""

    zone: str
    weeks: int
    cells: list[HeatCell]


class MarksAnswer(_Answer):
    """Marks, oldest first."""

    marks: list[MarkAnswer]
    may_mark: bool = Field(description="whether this login may set marks")
