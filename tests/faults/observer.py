"""`python -m tests.faults.observer DOOR INTERVAL FOLDER [BACKLOG]`: counts nothing, hands in records like the observer.

It speaks the door's protocol by the observer's own end of it and cuts intervals with the observer's own clock. It
notes what it does (`tests.faults.notes`). With BACKLOG it begins with so many records of the time before its start, as
after an outage of the publisher.
"""

import math
import secrets
import sys
import time
from pathlib import Path

from tests.faults.lowest import inject

FOLDER = Path(sys.argv[3])
inject(FOLDER)

from edge.door.client import DoorClient  # noqa: E402
from edge.model.metadata import read_metadata  # noqa: E402 - after what they build on has been replaced
from edge.model.path import model_path  # noqa: E402
from edge.system.clock import IntervalClock  # noqa: E402
from edge.system.process import stop_on_signal  # noqa: E402
from tests.faults.notes import Notes  # noqa: E402
from tests.support.counts import closed  # noqa: E402

HAND_OVER_SECONDS = 30
"""A publisher that has just started on a loaded machine is not at the door at once."""
FIRST_SECONDS = 0.6
"""The true observer needs longer for its first record, and the door refuses one of a start that was faster."""
MODEL = read_metadata(model_path("standard")).model_name


def main() -> None:
    """Hand in a record at each interval's end until told to stop."""
    door, interval, notes = DoorClient(Path(sys.argv[1])), float(sys.argv[2]), Notes(FOLDER)
    backlog = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    boot, stop = secrets.token_hex(4), stop_on_signal()
    clock = IntervalClock(max(1, math.ceil(interval)))
    seq = 0

    def close(monotonic: float) -> None:
        nonlocal seq
        door.send(closed(seq=seq, boot=boot, monotonic=monotonic, model=MODEL))
        notes.waiting(door.waiting)
        notes.closed(boot, seq)
        seq += 1

    now = started = time.monotonic()
    for number in range(backlog, 0, -1):
        close(now - number * interval)
    while not stop.is_set():
        # A second holds several of the shorter ones: their times are of no interest.
        deadline = clock.next().deadline if interval >= 1 else time.monotonic() + interval
        deadline = max(deadline, started + FIRST_SECONDS)
        while not stop.is_set() and (left := deadline - time.monotonic()) > 0:
            door.pump()
            notes.waiting(door.waiting)
            stop.wait(min(left, 0.05))
        if stop.is_set():
            break
        close(deadline)
    until = time.monotonic() + HAND_OVER_SECONDS
    while door.waiting and time.monotonic() < until:
        door.pump()
        time.sleep(0.02)
    notes.waiting(door.waiting)


main()
