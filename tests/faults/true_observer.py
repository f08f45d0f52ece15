"""`python -m tests.faults.true_observer CONFIG INTERVAL FOLDER [READY_FD]`: the true observer with short intervals.

INTERVAL in seconds; READY_FD is where its supervisor waits for it. It notes what it hands in (`tests.faults.notes`),
and keeps its network and its user: it writes into the test's folder.
"""

import sys
from pathlib import Path

from tests.faults.lowest import inject

FOLDER = Path(sys.argv[3])
inject(FOLDER)

from edge.commands.options import ready_callback  # noqa: E402 - after what it builds on has been replaced
from edge.contract.records import ClosedInterval, Heartbeat  # noqa: E402
from edge.door.client import DoorClient  # noqa: E402
from edge.observer import observer  # noqa: E402
from edge.system.configuration import Configuration  # noqa: E402
from edge.system.logs import set_up  # noqa: E402
from edge.system.process import stop_on_signal  # noqa: E402
from edge.system.reload import Reload  # noqa: E402
from edge.system.service import Service  # noqa: E402
from tests.faults.notes import Notes  # noqa: E402

NOTES = Notes(FOLDER)


class NotedDoor(DoorClient):
    """The observer's end of the door."""

    def send(self, record: ClosedInterval) -> None:
        super().send(record)
        NOTES.closed(record.boot, record.seq)

    def beat(self, heartbeat: Heartbeat) -> None:
        super().beat(heartbeat)
        NOTES.between_scans(heartbeat.seconds_between_scans)

    def pump(self) -> None:
        super().pump()
        NOTES.waiting(self.waiting)


setattr(observer, "DoorClient", NotedDoor)  # noqa: B010 - it is not exported
set_up("observe", verbose=False)
configuration = Configuration(
    Path(sys.argv[1]), lambda settings: settings.model_copy(update={"interval_seconds": int(sys.argv[2])})
)
service = Service()
reload = Reload(configuration.read, service)
reload.listen()
ready = ready_callback(int(sys.argv[4]) if len(sys.argv) > 4 else None, service)
observer.observe(configuration.begin(), configuration, reload, stop_on_signal(), ready)
