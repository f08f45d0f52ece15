"""Value types that several sections use."""

import ipaddress
import struct
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

TOPIC_LEVEL = r"^[^/+#\s\x00-\x1f]{1,64}$"


def _no_bool(value: Any) -> Any:  # noqa: ANN401 - validators see whatever the file holds
    if isinstance(value, bool):
        msg = "is true or false, but must be a number"
        raise ValueError(msg)  # noqa: TRY004 - pydantic turns ValueError into a reported problem
    return value


def _time_zone(value: str) -> str:
    try:
        _ = ZoneInfo(value) if value else None
    except (ValueError, OSError, LookupError, struct.error) as error:
        msg = (
            "is not a known time zone; write e.g. Europe/Berlin or America/New_York; for an old name such as "
            "US/Eastern on Debian 13: apt install tzdata-legacy"
        )
        raise ValueError(msg) from error
    return value


Whole = Annotated[int, BeforeValidator(_no_bool)]
Real = Annotated[float, BeforeValidator(_no_bool)]
Share = Annotated[Real, Field(ge=0, le=1)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
"""Name of a time zone that this machine knows, or empty."""


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
