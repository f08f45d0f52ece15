"""Value types that several sections use."""

import ipaddress
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

TOPIC_LEVEL = r"^[^/+#\s\x00-\x1f]{1,64}$"


def _no_bool(value: Any) -> Any:  # noqa: ANN401 - validators see whatever the file holds
    if isinstance(value, bool):
        msg = "is true or false, but must be a number"
        raise ValueError(msg)  # noqa: TRY004 - pydantic turns ValueError into a reported problem
    return value


Whole = Annotated[int, BeforeValidator(_no_bool)]
Real = Annotated[float, BeforeValidator(_no_bool)]
Share = Annotated[Real, Field(ge=0, le=1)]


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
