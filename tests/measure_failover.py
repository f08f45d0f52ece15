"""`python -m tests.measure_failover [RECORDS]`: how soon the second broker of the list is used, and what is lost.

The first broker accepts the connection and then misbehaves; all settings are the defaults. For each fault a line says
the seconds from the first record that the first broker was sent (or the freeze) to the first one that a subscriber of
the second broker has, and how many of the records that were counted since the start neither has.
"""

import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.conftest import Mosquitto, until
from tests.faults.misbehaving import FAULTS, Fault, Misbehaving
from tests.faults.road import UNLIMITED, Key, Road, Witness

RECORDS = int(sys.argv[1]) if len(sys.argv) > 1 else 60
INTERVAL = 1.0
LONGEST = 180.0


def main() -> None:
    """Print a line for each fault."""
    for fault in FAULTS:
        _misbehaving(fault)
    _frozen()


def _misbehaving(fault: Fault) -> None:
    with contextlib.closing(Misbehaving(fault)) as first:
        _report(fault, first.port, lambda: first.first_at, lambda keys: keys)


def _frozen() -> None:
    with tempfile.TemporaryDirectory() as folder:
        first = Mosquitto(Path(folder), f"allow_anonymous true\n{UNLIMITED}")
        first.start()
        with contextlib.closing(Witness(first.port)) as early:
            until(lambda: early.subscribed)
            frozen: list[float] = []

            def freeze() -> float | None:
                if not frozen and early.keys():
                    first.signal(signal.SIGSTOP)
                    frozen.append(time.monotonic())
                return frozen[0] if frozen else None

            def thawed(keys: set[Key]) -> set[Key]:
                first.signal(signal.SIGCONT)
                time.sleep(2)
                return keys | set(early.keys())

            _report("frozen", first.port, freeze, thawed)
        first.stop()


def _report(
    fault: Fault | str, port: int, began: Callable[[], float | None], all_keys: Callable[[set[Key]], set[Key]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        second = Mosquitto(Path(folder), f"allow_anonymous true\n{UNLIMITED}")
        second.start()
        urls = [f"mqtt://127.0.0.1:{each}" for each in (port, second.port)]
        with contextlib.closing(Witness(second.port)) as witness, Road(Path(folder), 0, INTERVAL, url=urls) as road:
            until(lambda: witness.subscribed)
            road.start_publisher()
            road.start_observer()
            begin = until(began, LONGEST)
            until(witness.keys, LONGEST)
            seconds = time.monotonic() - begin
            until(lambda: len(road.closed()) >= RECORDS, LONGEST + RECORDS * INTERVAL)
            road.end_observer()
            closed = set(road.closed())
            with contextlib.suppress(AssertionError):
                until(lambda: closed <= set(witness.keys()), 30)
            lost = closed - all_keys(set(witness.keys()))
            connected = road.log.read_text().count(": connected (MQTT")
            print(f"{fault:20} {seconds:5.1f} s, {len(lost)} of {len(closed)} lost, {connected} sessions")
        second.stop()


if __name__ == "__main__":
    main()
