"""The faults of a soak, one after the other, until its time is over."""

import contextlib
import random
import time
from collections import Counter
from collections.abc import Callable

from tests.conftest import until
from tests.faults.draw import BROKER, CAMERA, CLOCK, DOOR, OBSERVER, draw
from tests.faults.kinds import Fault, Kinds
from tests.soak.device import SupervisedRoad

PUBLISHER = (Kinds.publisher_killed, Kinds.publisher_frozen, Kinds.publisher_reloads, Kinds.no_descriptors)
BOTH = (Kinds.both_reload,)
PAUSE = (Kinds.paused,)
HEAT = (Kinds.hot_room,)
GROUPS: tuple[tuple[Fault, ...], ...] = (BROKER, PUBLISHER, OBSERVER, CLOCK, DOOR, CAMERA, BOTH, PAUSE, HEAT)
"""No disks and no state directories: the random walk has them."""
LASTS = ((0.0, 2.0), (0.0, 2.0), (2.0, 10.0), (10.0, 30.0))
"""Seconds, from which a range is drawn; 30 are less than the patience of `run` with a process that hangs."""
QUIET = (5.0, 25.0)
"""Seconds between two faults."""
ENDS_SHARE = 0.25
"""In this first part of the time faults end processes; later none does, so that what leaks has time."""


class SoakWalk:
    """Takes steps until the time is over or `stopped` says so."""

    def __init__(
        self,
        road: SupervisedRoad,
        kinds: Kinds,
        chance: random.Random,
        stopped: Callable[[], bool],
        shown: Callable[[float, str], None],
    ) -> None:
        """Prepare.

        Args:
            road: the device.
            kinds: what can befall it.
            chance: draws.
            stopped: whether a signal has asked for the end.
            shown: called with the share of the time that is over, and what befalls the device.

        """
        self.faults: Counter[str] = Counter()
        self._road = road
        self._kinds = kinds
        self._chance = chance
        self._stopped = stopped
        self._shown = shown

    def go(self, seconds: float) -> None:
        """Walk for so many seconds; the last step ends before."""
        began = time.monotonic()
        end = began + seconds
        while not self._stopped() and (now := time.monotonic()) < end - LASTS[-1][1]:
            share = (now - began) / seconds
            self._step(share, ends=share < ENDS_SHARE)
            self._wait(min(self._chance.uniform(*QUIET), end - time.monotonic()))
        while not self._stopped() and (left := end - time.monotonic()) > 0:
            self._wait(left)
        self._shown(1.0, "")

    def _step(self, share: float, *, ends: bool) -> None:
        faults = draw(self._chance, GROUPS, ends=ends)
        if Kinds.paused in faults:  # it needs a broker and an observer that answer
            faults = [Kinds.paused]
        self.faults.update(fault.__name__ for fault in faults)
        self._shown(share, " + ".join(fault.__name__ for fault in faults))
        self._road.refresh()
        with contextlib.ExitStack() as stack:
            for fault in faults:
                stack.enter_context(fault(self._kinds))
            self._wait(self._chance.uniform(*self._chance.choice(LASTS)))
        self._road.refresh()
        self._road.more(2)
        until(lambda: self._road.waiting() == 0)
        self._kinds.settle()

    def _wait(self, seconds: float) -> None:
        """Let time pass: how long a fault lasts is the point; a signal cuts it short."""
        end = time.monotonic() + seconds
        while not self._stopped() and (left := end - time.monotonic()) > 0:
            time.sleep(min(0.2, left))
