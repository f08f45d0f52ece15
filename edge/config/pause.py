"""`[pause]`: when the camera is closed."""

import logging
import re
from datetime import date
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BeforeValidator, Field, model_validator

from edge.config.section import Section
from edge.config.values import TimeZone, Whole

log = logging.getLogger(__name__)

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? (\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)
_HOLIDAYS = re.compile(r"(\d{4}-\d\d-\d\d)(?:/(\d{4}-\d\d-\d\d))?", re.ASCII)
_DAY_MINUTES = 24 * 60


class Hours(NamedTuple):
    """Hours on some days of the week: days (0 is Monday), minutes since midnight; `end` is excluded."""

    days: tuple[int, ...]
    start: int
    end: int

    def __str__(self) -> str:
        first, last = _DAYS[self.days[0]], _DAYS[self.days[-1]]
        days = first if first == last else f"{first}-{last}"
        start, end = (f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (self.start, self.end))
        return f"{days} {start}-{end}"


class Holiday(NamedTuple):
    """A range of whole days; the first and the last day are included."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first}" if self.first == self.last else f"{self.first}/{self.last}"


def weekly_hours(value: Any) -> Any:  # noqa: ANN401 - validators see whatever the file holds
    """Return hours of a text; raise ValueError where they are none."""
    found = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if not found or not {found[1], found[2] or found[1]} <= set(_DAYS):
        msg = "are not weekly hours; write mon-fri 07:45-16:00 or sat 09:00-12:30"
        raise ValueError(msg)
    first, last = _DAYS.index(found[1]), _DAYS.index(found[2] or found[1])
    start, end = (60 * int(found[hour]) + int(found[hour + 1]) for hour in (3, 5))
    if first > last or max(int(found[4]), int(found[6])) > 59 or not start < end <= _DAY_MINUTES:  # noqa: PLR2004
        msg = "end before they start or after midnight; write one entry for each part, up to 24:00"
        raise ValueError(msg)
    return Hours(tuple(range(first, last + 1)), start, end)


def holiday(value: Any) -> Any:  # noqa: ANN401 - validators see whatever the file holds
    """Return the days of a text; raise ValueError where they are none."""
    found = _HOLIDAYS.fullmatch(value) if isinstance(value, str) else None
    days = [_date(day) for day in (found[1], found[2] or found[1])] if found else []
    if len(days) != 2 or days[0] is None or days[1] is None or days[0] > days[1]:  # noqa: PLR2004 - first and last
        msg = "is not a holiday; write 2026-10-03, or 2026-12-21/2027-01-08 (both days included)"
        raise ValueError(msg)
    return Holiday(days[0], days[1])


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class Pause(Section):
    """When the camera is closed. Schedule, button and the MQTT command pause/set each end only their own pause."""

    camera_open: tuple[Annotated[Hours, BeforeValidator(weekly_hours)], ...] = Field(
        (),
        max_length=50,
        description='weekly hours in which the camera is open: ["mon-fri 07:45-16:00"]; empty: always',
    )
    holidays: tuple[Annotated[Holiday, BeforeValidator(holiday)], ...] = Field(
        (), max_length=200, description='days on which the camera is closed: ["2026-10-03", "2026-12-21/2027-01-08"]'
    )
    timezone: TimeZone = Field(
        "", description="time zone of camera_open and holidays, e.g. Europe/Berlin; empty: that of this machine"
    )
    button_gpio: Whole = Field(-1, ge=-1, le=27, description="GPIO number of the pause button (to ground); -1: none")
    lamp_gpio: Whole = Field(
        -1, ge=-1, le=27, description="GPIO number of a lamp that is lit while the camera is open; -1: none"
    )

    @model_validator(mode="before")
    @classmethod
    def _old_name(cls, values: Any) -> Any:  # noqa: ANN401 - validators see whatever the file holds
        if not isinstance(values, dict) or "hours" not in values:
            return values
        if "camera_open" in values:
            msg = "hours is the old name of camera_open, and both are set; delete hours"
            raise ValueError(msg)
        log.warning(
            "pause.hours: the key is now named pause.camera_open, because the camera is open in these hours; rename "
            "it, a later release refuses the old name"
        )
        return {"camera_open" if key == "hours" else key: value for key, value in values.items()}

    @model_validator(mode="after")
    def _pins(self) -> Self:
        if self.button_gpio == self.lamp_gpio >= 0:
            msg = "button_gpio and lamp_gpio are the same pin; use two pins"
            raise ValueError(msg)
        return self
