"""`[pause]`: when the camera is closed."""

import re
from datetime import date
from typing import Annotated, Any, NamedTuple, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator, model_validator

from edge.config.section import Section
from edge.config.values import Whole

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? (\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)
_HOLIDAYS = re.compile(r"(\d{4}-\d\d-\d\d)(?:/(\d{4}-\d\d-\d\d))?", re.ASCII)
_DAY_MINUTES = 24 * 60


class Hours(NamedTuple):
    """A part of some days of the week: days from 0, Monday; minutes since midnight, `end` excluded."""

    days: tuple[int, ...]
    start: int
    end: int


class Holiday(NamedTuple):
    """Whole days, both included."""

    first: date
    last: date


def _hours(value: Any) -> Any:  # noqa: ANN401 - validators see whatever the file holds
    found = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if not found or not {found[1], found[2] or found[1]} <= set(_DAYS):
        msg = "are no weekly hours; write mon-fri 07:45-16:00 or sat 09:00-12:30"
        raise ValueError(msg)
    first, last = _DAYS.index(found[1]), _DAYS.index(found[2] or found[1])
    start, end = (60 * int(found[hour]) + int(found[hour + 1]) for hour in (3, 5))
    if first > last or max(int(found[4]), int(found[6])) > 59 or not start < end <= _DAY_MINUTES:  # noqa: PLR2004
        msg = "run backwards or past midnight; write a line for each part, up to 24:00"
        raise ValueError(msg)
    return Hours(tuple(range(first, last + 1)), start, end)


def _holiday(value: Any) -> Any:  # noqa: ANN401 - validators see whatever the file holds
    found = _HOLIDAYS.fullmatch(value) if isinstance(value, str) else None
    days = [_date(day) for day in (found[1], found[2] or found[1])] if found else []
    if len(days) != 2 or days[0] is None or days[1] is None or days[0] > days[1]:  # noqa: PLR2004 - first and last
        msg = "is no holiday; write 2026-10-03, or 2026-12-21/2027-01-08 with both days included"
        raise ValueError(msg)
    return Holiday(days[0], days[1])


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class Pause(Section):
    """When the camera is closed, beside the switch pause/set of MQTT: whoever pauses, only they lift it."""

    hours: tuple[Annotated[Hours, BeforeValidator(_hours)], ...] = Field(
        (), max_length=50, description='the camera is open only then: ["mon-fri 07:45-16:00"]; empty: always'
    )
    holidays: tuple[Annotated[Holiday, BeforeValidator(_holiday)], ...] = Field(
        (), max_length=200, description='closed on these days: ["2026-10-03", "2026-12-21/2027-01-08"]'
    )
    timezone: str = Field("", description="of both, such as Europe/Berlin; empty: this machine's")
    button_gpio: Whole = Field(-1, ge=-1, le=27, description="GPIO of a button to ground that pauses; -1: none")
    lamp_gpio: Whole = Field(-1, ge=-1, le=27, description="GPIO of a lamp, lit while the camera is open; -1: none")

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            _ = ZoneInfo(value) if value else None
        except (ValueError, OSError, LookupError) as error:
            msg = "is no time zone that this machine knows; write Europe/Berlin, or apt install tzdata"
            raise ValueError(msg) from error
        return value

    @model_validator(mode="after")
    def _pins(self) -> Self:
        if self.button_gpio == self.lamp_gpio >= 0:
            msg = "button_gpio and lamp_gpio are the same pin"
            raise ValueError(msg)
        return self
