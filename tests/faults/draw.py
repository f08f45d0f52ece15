"""Which faults of `tests.faults.kinds` befall a device, by chance."""

import random
from collections.abc import Sequence

from tests.faults.kinds import Fault, Kinds

TWO_AT_ONCE = 0.3
"""Share of the draws."""

BROKER = (Kinds.broker_away, Kinds.broker_frozen)
PUBLISHER = (
    Kinds.publisher_killed,
    Kinds.publisher_frozen,
    Kinds.publisher_reloads,
    Kinds.no_descriptors,
    Kinds.power_cut,
)
OBSERVER = (Kinds.observer_killed, Kinds.observer_frozen)
CLOCK = (Kinds.clock_steps, Kinds.clock_unsynchronised)
DOOR = (Kinds.door_deleted,)
DISK = (Kinds.disk_full, Kinds.disk_read_only)
STATE = (Kinds.directory_deleted, Kinds.directory_replaced, Kinds.spool_damaged, Kinds.spool_restored)
CAMERA = (Kinds.camera_killed, Kinds.camera_frozen, Kinds.observer_reloads)
GROUPS: tuple[tuple[Fault, ...], ...] = (BROKER, PUBLISHER, OBSERVER, CLOCK, DOOR, DISK, STATE)
ENDS = {Kinds.publisher_killed, Kinds.power_cut, Kinds.observer_killed, Kinds.spool_restored}
"""What ends a process."""
NOT_TOGETHER: tuple[tuple[set[Fault], set[Fault]], ...] = (
    # They need a publisher that notices and a disk that can be changed; what is newer than a second is lost.
    (set(STATE), {*PUBLISHER, *DISK, Kinds.observer_killed}),
    # They need a running observer.
    ({Kinds.power_cut, Kinds.spool_damaged, Kinds.spool_restored, *CAMERA}, set(OBSERVER)),
    # Its bound is counted for a disk that works.
    ({Kinds.power_cut}, set(DISK)),
    # What the observer holds meanwhile would be lost with it, as documented (a power cut).
    (
        {Kinds.publisher_killed, Kinds.publisher_frozen, Kinds.no_descriptors, Kinds.door_deleted},
        {Kinds.observer_killed},
    ),
)
"""Where one of the former is drawn, none of the latter is."""


def draw(chance: random.Random, groups: Sequence[Sequence[Fault]], *, ends: bool) -> list[Fault]:
    """Return one fault, or two of different parts that cost nothing unstated together.

    A disk is used only while the broker is away, so what befalls it comes with that. Unless `ends`, no process is
    ended.
    """
    kinds = [(group, fault) for group in groups for fault in group if ends or fault not in ENDS]
    first, fault = chance.choice(kinds)
    faults = [fault]
    if chance.random() < TWO_AT_ONCE:
        faults.append(chance.choice([fault for group, fault in kinds if group is not first]))
    for one, others in NOT_TOGETHER:
        if one & set(faults):
            faults = [fault for fault in faults if fault in one or fault not in others]
    if set(faults) & {*DISK, *STATE}:
        faults = [Kinds.broker_away, *(fault for fault in faults if fault not in BROKER)]
    return faults
