"""The only things that cross the door, and what is published of them; the source of the JSON Schemas.

Nothing here can hold a picture: every field is a bounded number, an enum, or a short name of a fixed pattern.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""The seven classes of FER-2013, in the order of the model's first output."""

SCHEMA_VERSION = 1
MAX_FACES = 1000


def _tenths(value: float) -> float:
    if value != round(value, 1):
        msg = "has more than one decimal"
        raise ValueError(msg)
    return value


People = Annotated[float, Field(ge=0, le=MAX_FACES, allow_inf_nan=False), AfterValidator(_tenths)]
"""An average number of people over an interval, to one decimal: more digits would carry more than a count."""
Tally = Annotated[int, Field(ge=0, le=100_000_000)]
Boot = Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")]
ModelName = Annotated[str, Field(pattern=r"^[a-z0-9.-]{1,40} \(sha256 [0-9a-f]{12}\)$")]
Instant = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
Clock = Literal["synced", "unsynced"]
Monotonic = Annotated[float, Field(ge=0, le=1e10, allow_inf_nan=False)]


class Record(BaseModel):
    """Frozen and closed; numbers are not parsed out of strings."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Frames(Record):
    """How well the interval was observed."""

    analysed: Tally
    expected: Tally


class Faces(Record):
    """People in view: average over the interval's analysed frames, and the largest number in one frame."""

    mean: People | None
    max: Annotated[int, Field(ge=0, le=MAX_FACES)] | None


class Emotions(Record):
    """How many people showed each emotion, on average over the interval."""

    angry: People | None
    disgust: People | None
    fear: People | None
    happy: People | None
    sad: People | None
    surprise: People | None
    neutral: People | None


class Observations(Record):
    """Raw counts: one per accepted face per analysed frame, by most probable label."""

    angry: Tally | None
    disgust: Tally | None
    fear: Tally | None
    happy: Tally | None
    sad: Tally | None
    surprise: Tally | None
    neutral: Tally | None
    unsure: Tally | None


class Counts(Record):
    """What was seen in an interval."""

    frames: Frames
    faces: Faces
    emotions: Emotions
    unsure: People | None
    observations: Observations


class IntervalRecord(Counts):
    """One interval's counts as they cross the door. `(boot, seq)` names it; `seq` has no gaps within a boot.

    `monotonic` is CLOCK_MONOTONIC in seconds at the interval's end: both sides of the door share that clock, and no
    step of the wall clock moves it.
    """

    kind: Literal["record"] = "record"
    boot: Boot
    seq: Annotated[int, Field(ge=0, le=2**53)]
    start: Instant
    end: Instant
    monotonic: Monotonic
    clock: Clock
    model: ModelName

    @model_validator(mode="after")
    def _complete(self) -> "IntervalRecord":
        # Withholding is decided on the other side of the door, where the privacy settings are.
        values = (*self.faces.model_dump().values(), *self.emotions.model_dump().values(), self.unsure)
        if None in values or None in self.observations.model_dump().values():
            msg = "has a null count"
            raise ValueError(msg)
        return self


class Camera(Record):
    """State of the source of frames; `error` is the name of a class in `edge.camera.errors`, never free text."""

    state: Literal["starting", "running", "retrying"]
    error: (
        Literal["CameraMissing", "CameraUnreadable", "CameraBusy", "CameraTimeout", "CameraEnded", "CameraCrashed"]
        | None
    )
    restarts: Tally


class Heartbeat(Record):
    """A sign of life of the process that sees, at every interval and at each change of the camera's state."""

    kind: Literal["heartbeat"] = "heartbeat"
    boot: Boot
    monotonic: Monotonic
    camera: Camera
    frames_per_second: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False), AfterValidator(_tenths)]
    seconds_between_scans: Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False), AfterValidator(_tenths)]
    resident_megabytes: Annotated[int, Field(ge=0, le=1_000_000)]
    network_isolated: bool
    model: ModelName
    runtime: Literal["ai-edge-litert", "tflite-runtime"]


Suppression = Literal["not_observed", "below_min_group", "above_max_share"]


class PrivacyNote(Record):
    """The settings under which a record was published."""

    min_group: int
    max_share: float


class Disclosed(Counts):
    """An interval's counts after disclosure control: withheld values are null, never 0 and never missing."""

    suppressed: Suppression | None


class PublishedRecord(Disclosed):
    """The payload of `counts` and `counts/backfill`; `(device, boot, seq)` is the idempotency key."""

    schema_version: Literal[1] = Field(1, alias="schema")
    device: str
    site: str
    room: str
    boot: Boot
    seq: int
    start: Instant
    end: Instant
    clock: Clock
    privacy: PrivacyNote
    model: ModelName
    replayed: bool
