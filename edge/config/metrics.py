"""`[metrics]`: health metrics for Prometheus."""

from typing import NamedTuple
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from edge.config.section import Section
from edge.config.values import is_loopback


class Listen(NamedTuple):
    """A TCP address of this machine."""

    host: str
    port: int


class Metrics(Section):
    """Health metrics (never counts) for Prometheus at GET /metrics; needs the library prometheus_client."""

    listen: str = Field("", max_length=64, description="loopback address and port, e.g. 127.0.0.1:9464; empty: off")

    @property
    def address(self) -> Listen | None:
        """Host and port of `listen`, or None if it is empty."""
        if not self.listen:
            return None
        parts = urlsplit(f"//{self.listen}")
        return Listen(parts.hostname or "", parts.port or 0)

    @field_validator("listen")
    @classmethod
    def _here_only(cls, value: str) -> str:
        if not value:
            return value
        try:
            parts = urlsplit(f"//{value}")
            well = bool(parts.port) and parts.netloc == value and parts.username is None
        except ValueError:
            well = False
        if not well:
            msg = "is not HOST:PORT; write 127.0.0.1:9464 or [::1]:9464"
            raise ValueError(msg)
        if not is_loopback(parts.hostname or ""):
            msg = "would be open to other machines; write 127.0.0.1:9464 and run the Prometheus agent on this machine"
            raise ValueError(msg)
        return value
