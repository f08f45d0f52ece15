"""The weekly hours in which the camera may be open, and the holidays on which it may not."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from edge.config import Pause


class WeeklySchedule:
    """Hours are wall-clock times of the room's zone: a lesson at eight begins at eight on both sides of a clock change.

    An hour that a clock change skips is not observed; one that it repeats is observed twice.
    """

    def __init__(self, settings: Pause) -> None:
        self._settings = settings
        self._zone = ZoneInfo(settings.timezone) if settings.timezone else None

    def paused(self, now: float) -> bool:
        """Whether the camera must be closed at `now`, seconds since 1970."""
        local = datetime.fromtimestamp(now, UTC).astimezone(self._zone)
        today, minute = local.date(), 60 * local.hour + local.minute
        if any(holiday.first <= today <= holiday.last for holiday in self._settings.holidays):
            return True
        return bool(self._settings.hours) and not any(
            local.weekday() in hours.days and hours.start <= minute < hours.end for hours in self._settings.hours
        )
