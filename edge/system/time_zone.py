"""The time zone of this machine."""

import contextlib
import os
from pathlib import Path
from zoneinfo import ZoneInfo

_LOCALTIME = Path("/etc/localtime")


def local_zone() -> ZoneInfo:
    """Return this machine's time zone; UTC where it has none that is known by name."""
    _, _, linked = str(_LOCALTIME.resolve()).partition("zoneinfo/")
    for name in filter(None, (os.environ.get("TZ", "").lstrip(":"), linked)):
        # A TZ may be a rule, and a zone may be of another machine.
        with contextlib.suppress(LookupError, ValueError, OSError):
            return ZoneInfo(name)
    return ZoneInfo("UTC")
