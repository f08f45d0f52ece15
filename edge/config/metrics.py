"""`[metrics]`: health for a Prometheus."""

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
    """Health, never counts, for a Prometheus on this machine, as GET /metrics; needs prometheus_client."""

    listen: str = Field(
        "", max_length=64, description="address such as 127.0.0.1:9464, loopback only; empty: no port is opened"
    )

    @property
    def address(self) -> Listen | None:
        """`listen` taken apart, or None where it is empty."""
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
            msg = "is no HOST:PORT; write 127.0.0.1:9464 or [::1]:9464"
            raise ValueError(msg)
        if not is_loopback(parts.hostname or ""):
            msg = "would be open to other machines; write 127.0.0.1:9464, and let an agent on this machine read it"
            raise ValueError(msg)
        return value
