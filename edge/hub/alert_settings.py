"""`[alerts]` of the hub: who is notified when something needs a person, and when not."""

from datetime import time
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from edge.config.section import Section
from edge.config.values import Real, TimeZone, Whole

_QUIET = r"^(([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d)?$"


class Alerts(Section):
    """Messages to people where a device or the hub needs them, by Apprise (https://github.com/caronc/apprise)."""

    urls_file: str = Field(
        "",
        description="file with one address of Apprise a line, or credential:NAME; empty: nobody is notified. Needs "
        "pip install 'emotion-edge[alerts]'",
    )
    silent_minutes: Real = Field(
        15.0,
        ge=3,
        le=10_080,
        description="a device is silent after so many minutes without a message, or three intervals if longer",
    )
    camera_minutes: Real = Field(
        10.0, ge=0, le=10_080, description="a camera fails after so many minutes without a picture"
    )
    spool_records: Whole = Field(
        360,
        ge=10,
        le=1_000_000,
        description="records that wait on a device; there is an alert where they are more and do not become fewer",
    )
    certificate_days: Real = Field(20.0, ge=0, le=366, description="days before the end of a certificate of the hub")
    disk_megabytes: Whole = Field(
        500,
        ge=0,
        le=10_000_000,
        description="free space of the disk of the SQLite database below which it is nearly full",
    )
    repeat_hours: Real = Field(
        24.0, ge=0, le=744, description="hours after which what is still wrong is sent again; 0: it is sent once"
    )
    quiet_hours: str = Field(
        "",
        pattern=_QUIET,
        description="time in which only what loses records is sent, such as 18:00-07:00; empty: there is none",
    )
    timezone: TimeZone = Field(
        "UTC",
        min_length=1,
        max_length=64,
        description="of quiet_hours and of the times in messages, such as Europe/Berlin",
    )

    @model_validator(mode="after")
    def _lasting(self) -> Self:
        if self.quiet and self.quiet[0] == self.quiet[1]:
            msg = "quiet_hours begin and end at the same time; leave them empty where there are none"
            raise ValueError(msg)
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.timezone)

    @property
    def quiet(self) -> tuple[time, time] | None:
        """Begin and end of the quiet hours, in the time zone; None where there are none."""
        if not self.quiet_hours:
            return None
        begin, end = (time.fromisoformat(each) for each in self.quiet_hours.split("-"))
        return begin, end
