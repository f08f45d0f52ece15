"""What the rules look at: all that is known of devices and hub at one moment. No count and no emotion is in it."""

from dataclasses import dataclass

from edge.contract.reading import Place


@dataclass(frozen=True)
class DeviceFacts:
    """What is known of one device.

    Attributes:
        place: its site and its id.
        room: where it stands; its id where no record or `info` has said it yet.
        silent_seconds: since its latest record or health, or since the hub knows of it.
        camera: what is wrong with its camera, by the name of the error; empty: nothing, None: not known.
        backlog: records that wait on it for the broker; None: not known.
        has_spoken: whether a record or health of it is known.
        interval_seconds: of its records; 0: not known.

    """

    place: Place
    room: str
    silent_seconds: float
    camera: str | None = None
    backlog: int | None = None
    has_spoken: bool = True
    interval_seconds: float = 0.0


@dataclass(frozen=True)
class Certificate:
    """A certificate that the hub uses.

    Attributes:
        setting: key of the configuration that names it.
        ends: seconds since 1970.

    """

    setting: str
    ends: float


@dataclass(frozen=True)
class Facts:
    """Everything that the rules look at.

    Attributes:
        monotonic: seconds, of a clock that is never corrected.
        time: seconds since 1970.
        connected: whether the broker sends.
        problem: why the hub cannot read or store now; empty: it can.
        listening_seconds: for how long the hub has received and stored without a break; 0: it does not now.
        free_megabytes: of the disk of the SQLite database; None where there is none.
        certificates: of the hub.
        devices: that are known.

    """

    monotonic: float
    time: float
    connected: bool = True
    problem: str = ""
    listening_seconds: float = 0.0
    free_megabytes: int | None = None
    certificates: tuple[Certificate, ...] = ()
    devices: tuple[DeviceFacts, ...] = ()
