"""`[spool]`: records that wait for the broker."""

from pydantic import Field

from edge.config.section import Section
from edge.config.values import Real, Whole


class Spool(Section):
    """The store for records that wait for the broker."""

    directory: str = Field(
        "",
        description="state directory; empty: that of the service, of root (/var/lib/emotion-edge) or of the user; "
        "to change it, stop the device and move the files",
    )
    max_days: Real = Field(
        30.0,
        gt=0,
        le=3650,
        description="maximum age in days of counting; older records are dropped, and health counts them",
    )
    max_megabytes: Whole = Field(
        200, ge=1, le=10_000, description="maximum size in MB; the oldest records are dropped, and health counts them"
    )
