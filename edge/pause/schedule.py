"""The weekly hours in which the camera may be open, and the holidays on which it is closed."""

import struct
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo

from edge.config import Pause


class WeeklySchedule:
    """Hours are local times of the room, so a lesson at eight starts at eight in summer and in winter.

    An hour that a clock change skips is not observed; an hour that it repeats is observed twice. A change of the
    machine's time zone, or new rules of a zone after an upgrade, take effect at the next call.
    """

    def __init__(self, settings: Pause) -> None:
        self._settings = settings
        self._zone = _Zone(settings.timezone) if settings.timezone else _MachineZone()

    def paused(self, now: float) -> bool:
        """Whether the camera must be closed at `now`, seconds since 1970."""
        local = self._zone.local(now)
        today, minute = local.date(), 60 * local.hour + local.minute
        if any(holiday.first <= today <= holiday.last for holiday in self._settings.holidays):
            return True
        hours = self._settings.camera_open
        return bool(hours) and not any(
            local.weekday() in part.days and part.start <= minute < part.end for part in hours
        )


class _MachineZone:
    """The zone of this machine: /etc/localtime, or the environment's TZ."""

    @staticmethod
    def local(now: float) -> datetime:
        time.tzset()  # or the C library keeps to the zone of the start; it reads the file only where that has changed
        return datetime.fromtimestamp(now, UTC).astimezone()


class _Zone:
    """A zone of the tz database, read again when its file is another."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._version = self._file_version()
        self._zone = ZoneInfo.no_cache(name)  # the cache would outlive an upgrade and a reload

    def local(self, now: float) -> datetime:
        version = self._file_version()
        if version and version != self._version:
            try:
                self._zone = ZoneInfo.no_cache(self._name)
                self._version = version
            except (ValueError, OSError, LookupError, struct.error):  # half-written: the next look finds it whole
                pass
        return datetime.fromtimestamp(now, self._zone)

    def _file_version(self) -> tuple[int, int, int] | None:
        for folder in TZPATH:
            try:
                status = (Path(folder) / self._name).stat()
            except OSError:
                continue
            return status.st_dev, status.st_ino, status.st_mtime_ns
        return None  # from the package tzdata of Python, or in the middle of an upgrade
