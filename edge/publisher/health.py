"""The payload of `health`: how the device does, in numbers no finer than that needs.

The observer can raise the counter of refused packets, the memory of this process and the temperature at will.
"""

import math
from dataclasses import dataclass, field
from typing import Literal, get_args

from edge.contract.records import SCHEMA_VERSION, Cause, Health, Heartbeat, StateFile
from edge.system.clock import is_synchronised, iso
from edge.system.sensors import resident_kilobytes, soc_celsius, throttled

_MEGABYTES = 8
_DEGREES = 5
_SERIES = (1, 2, 5)


@dataclass(frozen=True)
class PublisherState:
    """What the publisher knows of itself.

    Attributes:
        backlog: records that wait for the broker.
        dropped: records that were given up for want of room.
        spool: where records wait; `memory` while the disk cannot be used.
        refused_at_door: packets that did not pass the door.
        refused_commands: commands that were ignored.
        connections: connections to the broker since the start.
        withheld_messages: what the broker does not take, and what is not published to it.
        damaged_files: state files of which damaged ones were set aside.
        without_subscriber: how often the broker took a record to which nobody had subscribed.
        refusals_visible: whether a record that the broker denies would be noticed; None without a connection.
        lost: records that were stored and are not there any more, by cause.
        descriptors_free: files that this process may still open; None where that is not known.
        practice: whether somebody on the device tries it out.

    """

    backlog: int
    dropped: int
    spool: Literal["disk", "memory"]
    refused_at_door: int
    refused_commands: int
    connections: int
    withheld_messages: tuple[str, ...] = ()
    damaged_files: tuple[str, ...] = ()
    without_subscriber: int = 0
    refusals_visible: bool | None = None
    lost: dict[Cause, int] = field(default_factory=dict)
    descriptors_free: int | None = None
    practice: bool = False


@dataclass(frozen=True)
class MachineState:
    """What the kernel says.

    Attributes:
        resident_megabytes: memory of this process.
        synchronised: whether the wall clock is.
        soc_celsius: temperature of the processor; None where it cannot be read.
        throttled: Raspberry Pi's throttle bits; None on other machines.

    """

    resident_megabytes: int
    synchronised: bool
    soc_celsius: float | None
    throttled: int | None


def machine_state() -> MachineState:
    """Read the state of this machine."""
    return MachineState(round(resident_kilobytes() / 1024), is_synchronised(), soc_celsius(), throttled())


def build_health(
    device: str, now: float, heartbeat: Heartbeat | None, publisher: PublisherState, machine: MachineState
) -> Health:
    """Return the payload.

    Args:
        device: id of this device.
        now: wall clock, seconds since 1970.
        heartbeat: the observer's latest; None while the observer is silent.
        publisher: state of this process.
        machine: state of the machine.

    """
    return Health.model_validate(
        {
            "schema": SCHEMA_VERSION,
            "device": device,
            "time": iso(now),
            "observer": "running" if heartbeat else "silent",
            "camera": heartbeat.camera if heartbeat else None,
            "paused_by": [name for name, holds in heartbeat.paused_by if holds] if heartbeat else None,
            "frames_per_second": heartbeat.frames_per_second if heartbeat else None,
            "light": heartbeat.light if heartbeat else None,
            "picture": heartbeat.picture if heartbeat else None,
            "seconds_between_scans": heartbeat.seconds_between_scans if heartbeat else None,
            "observer_resident_megabytes": heartbeat.resident_megabytes if heartbeat else None,
            "publisher_resident_megabytes": _MEGABYTES * math.ceil(machine.resident_megabytes / _MEGABYTES),
            "backlog": publisher.backlog,
            "dropped": publisher.dropped,
            "spool": publisher.spool,
            "lost": [{"cause": cause, "records": records} for cause, records in sorted(publisher.lost.items())],
            "descriptors_free": None if (free := publisher.descriptors_free) is None else coarse_count(free),
            "refused_at_door": coarse_count(publisher.refused_at_door),
            "refused_commands": publisher.refused_commands,
            "connections": publisher.connections,
            "withheld_messages": list(publisher.withheld_messages),
            "damaged_files": [name for name in publisher.damaged_files if name in get_args(StateFile)],
            "without_subscriber": publisher.without_subscriber,
            "refusals_visible": publisher.refusals_visible,
            "practice": publisher.practice,
            "clock": "synced" if machine.synchronised else "unsynced",
            "soc_celsius": None if machine.soc_celsius is None else _DEGREES * round(machine.soc_celsius / _DEGREES),
            "throttled": None if machine.throttled is None else f"0x{machine.throttled:x}",
        }
    )


def coarse_count(count: int) -> int:
    """Return a count rounded down to 0, 1, 2, 5, 10, 20, 50, …."""
    if count <= 0:
        return 0
    power = int(10 ** (len(str(count)) - 1))
    return max(power * first for first in _SERIES if power * first <= count)
