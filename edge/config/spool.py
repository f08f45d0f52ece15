"""`[spool]`: records that wait."""

from pydantic import Field

from edge.config.section import Section
from edge.config.values import Real, Whole


class Spool(Section):
    """Records that wait for the broker."""

    directory: str = Field(
        "", description="empty: systemd's state directory, /var/lib/emotion-edge for root, else the user's state folder"
    )
    max_days: Real = Field(
        30.0,
        gt=0,
        le=3650,
        description="days of counting that are kept; when there are more, the oldest are dropped and counted",
    )
    max_megabytes: Whole = Field(
        200, ge=1, le=10_000, description="when the records need more, the oldest are dropped and counted"
    )
