"""`python -m tests.faults.publisher CONFIG INTERVAL FOLDER [READY_FD]`: the true publisher with short intervals.

INTERVAL in seconds; READY_FD is where its supervisor waits for it. While FOLDER holds `io-error`, nothing is stored.
"""

import errno
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.faults.lowest import inject

inject(Path(sys.argv[3]))

from edge.commands.options import ready_callback  # noqa: E402 - after what it builds on has been replaced
from edge.config import Settings  # noqa: E402
from edge.contract.records import Info  # noqa: E402
from edge.publisher import info, reloads, uplink  # noqa: E402
from edge.publisher.home_assistant.discovery import discovery  # noqa: E402
from edge.publisher.spool.file import SpoolFile  # noqa: E402
from edge.publisher.spool.queued_record import QueuedRecord  # noqa: E402
from edge.publisher.state import record_names  # noqa: E402
from edge.system.configuration import Configuration  # noqa: E402
from edge.system.logs import set_up  # noqa: E402
from edge.system.process import stop_on_signal  # noqa: E402
from edge.system.reload import Reload  # noqa: E402
from edge.system.service import Service  # noqa: E402


class AnyInfo(Info):
    """An `info` that may name an interval shorter than the configuration allows."""

    interval_seconds: float  # type: ignore[assignment]


def _whole_seconds(settings: Settings, *rest: Any) -> str:
    """Home Assistant knows whole seconds only."""
    return discovery(settings.model_copy(update={"interval_seconds": 5}), *rest)


def _insert_or_fail(
    file: SpoolFile, records: Iterable[QueuedRecord], insert: Callable[..., list[QueuedRecord]] = SpoolFile.insert
) -> list[QueuedRecord]:
    if (Path(sys.argv[3]) / "io-error").exists():
        raise OSError(errno.EIO, "Input/output error")
    return insert(file, records)


setattr(SpoolFile, "insert", _insert_or_fail)  # noqa: B010 - a disk cannot be made to fail from here
setattr(info, "Info", AnyInfo)  # noqa: B010 - it is not exported
setattr(uplink, "discovery", _whole_seconds)  # noqa: B010 - as above
if (Path(sys.argv[3]) / "many-starts").exists():
    setattr(record_names, "NEW_BOOTS_AT_ONCE", 1000.0)  # noqa: B010 - observers that are killed are the point
set_up("publish", verbose=False)
configuration = Configuration(
    Path(sys.argv[1]), lambda settings: settings.model_copy(update={"interval_seconds": json.loads(sys.argv[2])})
)
service = Service()
reload = Reload(configuration.read, service)
reload.listen()
ready = ready_callback(int(sys.argv[4]) if len(sys.argv) > 4 else None, service)
reloads.publish(configuration.begin(), configuration, reload, stop_on_signal(), ready)
