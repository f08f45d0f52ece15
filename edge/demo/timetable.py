"""A school day around now, whatever the hour: a demo in the evening has lessons, too."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_LESSON = 45
_BREAKS = (5, 20, 5, 10, 5, 20, 5)
"""Minutes after each lesson but the last."""
_CURRENT = 4
"""Index of the lesson that is going on."""
_INTO = 29
"""Minutes of that lesson that are over when the demo starts."""
_GRID = 5
_DAY = 24 * 60


def lessons(now: float, timezone: str) -> list[str]:
    """Return the weekly hours of a day's lessons, such as `mon-sun 08:00-08:45`, of which one is going on.

    None of them passes midnight.

    Args:
        now: seconds since 1970.
        timezone: name of the time zone of the hours.

    """
    local = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(timezone))
    begin = (60 * local.hour + local.minute - _INTO) // _GRID * _GRID
    begin = min(max(begin, 0), _DAY - _LESSON)
    begins = [begin - sum(_BREAKS[index:_CURRENT]) - _LESSON * (_CURRENT - index) for index in range(_CURRENT)]
    begins += [
        begin + sum(_BREAKS[_CURRENT:index]) + _LESSON * (index - _CURRENT)
        for index in range(_CURRENT, len(_BREAKS) + 1)
    ]
    return [
        f"mon-sun {_clock(start % _DAY)}-{_clock(start % _DAY + _LESSON)}"
        for start in begins
        if start % _DAY + _LESSON <= _DAY
    ]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"
