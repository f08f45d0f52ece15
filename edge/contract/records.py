"""The messages through the door and the published payloads; the JSON Schemas are generated from this file.

No message can contain a picture: every field is a bounded number, an enum, or a short name with a fixed pattern.
"""

import math
from typing import Annotated, Literal, Self

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
"""Average number of people over an interval, with one decimal; more digits would reveal more than a count."""
MOST_TALLY = 100_000_000
Tally = Annotated[int, Field(ge=0, le=MOST_TALLY)]
Boot = Annotated[str, Field(pattern=r"^[0-9a-f]{8}$")]
Runtime = Literal["ai-edge-litert", "tflite-runtime", "opencv"]
"""The library that runs the model; in `presence` mode only OpenCV."""
ModelName = Annotated[str, Field(pattern=r"^[a-z0-9.-]{1,40} \(sha256 [0-9a-f]{12}\)$")]
Instant = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")]
Clock = Literal["synced", "unsynced"]
MessageName = Literal["discovery", "health", "info", "pause", "status"]
"""What a device publishes about itself."""
Monotonic = Annotated[float, Field(ge=0, le=1e10, allow_inf_nan=False)]


class Record(BaseModel):
    """A frozen model that refuses unknown fields and does not convert strings to numbers."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, json_schema_serialization_defaults_required=True
    )


class Frames(Record):
    """Number of frames that were analysed, and that were expected, in the interval.

    Published: in quarters of the expected ones, rounded up.
    """

    analysed: Tally
    expected: Tally


class Faces(Record):
    """People in view: the average over the analysed frames, and the maximum in one frame."""

    mean: People | None
    max: Annotated[int, Field(ge=0, le=MAX_FACES)] | None


class Emotions(Record):
    """Average number of people over the interval who showed each emotion."""

    angry: People | None
    disgust: People | None
    fear: People | None
    happy: People | None
    sad: People | None
    surprise: People | None
    neutral: People | None


class Observations(Record):
    """Counts by most probable label: one per accepted face and analysed frame.

    They are published only with `privacy.observations`, which is off by default, and then in whole people: multiples of
    `frames.analysed`.
    """

    angry: Tally | None
    disgust: Tally | None
    fear: Tally | None
    happy: Tally | None
    sad: Tally | None
    surprise: Tally | None
    neutral: Tally | None
    unsure: Tally | None


Mode = Literal["emotions", "presence"]


class Counts(Record):
    """The counts of an interval; in `presence` mode only faces, and all emotions are null."""

    mode: Mode = "emotions"
    frames: Frames
    faces: Faces
    emotions: Emotions
    unsure: People | None
    observations: Observations


class Counted(Counts):
    """The counts of an interval before disclosure control.

    `steady` people, and no portraits, were really found in nearly every look of the interval. It is not published.
    """

    steady: Annotated[int, Field(ge=0, le=MAX_FACES)]


class ClosedInterval(Counted):
    """The counts of one interval, as they go through the door. What is published is named and timed by the publisher.

    `(boot, seq)` identifies it between the two processes only, for the acknowledgement; `seq` has no gaps within a
    boot. `monotonic` is CLOCK_MONOTONIC in seconds at the end of the interval: both processes have that clock, and
    steps of the wall clock do not change it. `paused`: at least a part of the interval was paused, and nothing is
    counted. `interval_seconds` is the length that the observer's configuration says; an observer of an earlier release
    does not name it.
    """

    kind: Literal["record"] = "record"
    boot: Boot
    seq: Annotated[int, Field(ge=0, le=2**53)]
    monotonic: Monotonic
    interval_seconds: Annotated[int, Field(ge=1, le=3600)] | None = None
    model: ModelName
    paused: bool = False

    @model_validator(mode="after")
    def _nothing_seen_in_a_pause(self) -> Self:
        counted = self.frames.analysed, self.faces.max, self.steady, *self.observations.model_dump().values()
        if self.paused and any(counted):
            msg = "has counts although it was paused"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _complete(self) -> Self:
        # The publisher applies disclosure control; before that, no count is null.
        emotions = (*self.emotions.model_dump().values(), *self.observations.model_dump().values(), self.unsure)
        if None in self.faces.model_dump().values() or (self.mode == "emotions" and None in emotions):
            msg = "has a null count"
            raise ValueError(msg)
        if self.mode == "presence" and set(emotions) != {None}:
            msg = "has emotions in presence mode"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        mean, most = self.faces.mean or 0.0, self.faces.max or 0
        parts = [*self.emotions.model_dump().values(), self.unsure]
        if mean > most or (mean and not self.frames.analysed):
            msg = "has more people on average than in any frame"
            raise ValueError(msg)
        if self.mode == "emotions" and round(sum(part or 0.0 for part in parts), 1) != mean:
            msg = "has emotions that do not add up to the people"
            raise ValueError(msg)
        if sum(tally or 0 for _name, tally in self.observations) > most * self.frames.analysed:
            msg = "has more observations than people in its frames"
            raise ValueError(msg)
        return self


class IntervalRecord(ClosedInterval):
    """A closed interval under the name and the times that it is published with."""

    start: Instant
    end: Instant
    clock: Clock


CameraProblem = Literal[
    "CameraMissing",
    "CameraUnreadable",
    "CameraBusy",
    "CameraNoMemory",
    "CameraTimeout",
    "CameraEnded",
    "CameraCrashed",
]
"""The name of a class in `edge.camera.errors`, never free text."""


class Camera(Record):
    """State of the camera; `error` names why it gives no frames, never as free text."""

    state: Literal["starting", "running", "retrying", "paused"]
    error: CameraProblem | None
    restarts: Tally


Light = Literal["good", "dim", "too_dark"]
"""Of the latest frame; a frame that is too dark to search is not analysed, so that nobody is missed without a word."""


Picture = Literal["good", "too_dark", "out_of_focus", "upside_down", "on_its_side", "backlit", "cropped"]
"""Whether people can be seen in the latest pictures, and if not, why.

While it is `too_dark`, `out_of_focus`, `upside_down` or `on_its_side`, an interval in which nobody was found is
`not_observed`: nobody can be seen, so nobody knows whether the room was empty. `backlit`: the camera looks against a
window, so that faces are dark; some may be missing, and who is found counts as usual. `cropped`: the sensor reads a
part of its field only, so that people at the sides are outside the picture.
"""


class PausedBy(Record):
    """Which sources pause the camera; it is open only if none does."""

    remote: bool
    schedule: bool
    button: bool

    def __bool__(self) -> bool:
        return self.remote or self.schedule or self.button


class PauseOrder(Record):
    """The remote pause: besides acknowledgements, the only message to the observer.

    It starts and ends the remote pause. It never ends the pause of the schedule or of the button.
    """

    kind: Literal["pause"] = "pause"
    remote: bool


class TakenOver(Record):
    """The answer to an observer that is about to end and sends nothing more: the publisher has all that it sent."""

    kind: Literal["taken"] = "taken"


class Heartbeat(Record):
    """The state of the observer, sent once per interval and at each change of the camera state."""

    kind: Literal["heartbeat"] = "heartbeat"
    boot: Boot
    monotonic: Monotonic
    camera: Camera
    paused_by: PausedBy
    frames_per_second: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False), AfterValidator(_tenths)]
    seconds_between_scans: Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False), AfterValidator(_tenths)]
    light: Light | None
    picture: Picture | None = None
    resident_megabytes: Annotated[int, Field(ge=0, le=1_000_000)]
    network_isolated: bool
    model: ModelName
    runtime: Runtime
    configuration: Annotated[str, Field(pattern="^([0-9a-f]{12})?$")] = ""


Suppression = Literal["not_observed", "paused", "below_min_group", "above_max_share", "below_min_cell"]


MinGroup = Annotated[int, Field(ge=1, le=100)]
MaxShare = Annotated[float, Field(gt=0.5, le=1, allow_inf_nan=False)]
_SMALLEST_SHARE = 0.51
MinCell = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]


class PrivacyNote(Record):
    """The privacy settings of a record; `edge.config.Privacy` describes each."""

    min_group: MinGroup
    max_share: MaxShare
    min_cell: MinCell


class Disclosed(Counts):
    """The counts of an interval after disclosure control: withheld values are null, never 0 and never missing.

    `other` is the sum of the values that are null because of `min_cell`, or null if there are none. `emotions`,
    `unsure` and `other` (null counts as 0) add up to `faces.mean`.
    """

    other: People | None
    suppressed: Suppression | None


Level = Annotated[str, Field(min_length=1, max_length=64)]


class Identity(Record):
    """The fields that every message has; `schema` changes when a field is removed or changes its meaning."""

    schema_version: Literal[1] = Field(1, alias="schema")
    device: Level


class PublishedRecord(Disclosed, Identity):
    """The payload of `counts` and `counts/backfill`; `(device, boot, seq)` is the idempotency key.

    `emotions_error` is the number of people of `faces.mean` who may be counted under a wrong emotion, in nine of ten
    groups of that size; it follows from `faces.mean`, `model` and `privacy.min_group`. It is null if `faces.mean` is,
    in presence mode, and if it was not measured for the model. Devices of earlier releases do not publish it.

    `practice`: somebody on the device tries it out, and `privacy.min_group` is 1 for some minutes. Such a record is of
    no lesson. Devices of earlier releases do not publish it.
    """

    emotions_error: People | None = None
    practice: bool = False
    site: Level
    room: Level
    boot: Boot
    seq: Annotated[int, Field(ge=0, le=2**53)]
    start: Instant
    end: Instant
    clock: Clock
    privacy: PrivacyNote
    model: ModelName
    replayed: bool


StateFile = Literal["configuration-key", "device-id", "home-assistant", "last-exit", "published-as", "spool.sqlite"]
"""A file in the state directory that a device goes on without."""
Cause = Literal["spool_damaged", "spool_replaced"]
"""Why records are lost: the file of the spool was damaged, or another one is in its place."""


class Lost(Record):
    """Records that were stored on the device and are not there any more, counted since the publisher started."""

    cause: Cause
    records: Annotated[int, Field(ge=1)]


HEALTH_SECONDS = 30
"""Seconds between two health messages; each change of camera, picture or pause publishes one more."""


class Health(Identity):
    """The payload of `health`: the state of the device. Values of the observer are null while it is silent."""

    time: Instant
    observer: Literal["running", "silent"]
    camera: Camera | None
    paused_by: list[Literal["remote", "schedule", "button"]] | None
    frames_per_second: float | None
    seconds_between_scans: float | None
    light: Light | None
    picture: Picture | None = Field(
        default=None,
        description="whether people can be seen in the pictures; published within 10 s of a change; null while the "
        "camera does not run, and until enough pictures were judged",
    )
    observer_resident_megabytes: int | None
    publisher_resident_megabytes: int
    backlog: Annotated[int, Field(ge=0)]
    dropped: Annotated[int, Field(ge=0)]
    spool: Literal["disk", "memory"]
    refused_at_door: Annotated[int, Field(ge=0)]
    refused_commands: Annotated[int, Field(ge=0)]
    connections: Annotated[int, Field(ge=0)]
    withheld_messages: Annotated[list[MessageName], Field(max_length=5)] = Field(
        default_factory=list, description="messages that the broker does not take, and that are not published to it"
    )
    damaged_files: Annotated[list[StateFile], Field(max_length=6)] = Field(
        default_factory=list, description="state files of which damaged ones were set aside; delete these when examined"
    )
    without_subscriber: Annotated[int, Field(ge=0)] = Field(
        default=0,
        description="how often the broker took a record to which nobody had subscribed (PUBACK 0x10 of MQTT 5); "
        "mqtt.no_subscriber says whether the record is kept",
    )
    refusals_visible: bool | None = Field(
        default=None,
        description="whether a record that the broker denies would be noticed: always with MQTT 5; with MQTT 3.1.1 "
        "where the device hears its own records; null without a connection, or before the first record",
    )
    lost: Annotated[list[Lost], Field(max_length=2)] = Field(
        default_factory=list, description="stored records that are not there any more, since the publisher started"
    )
    descriptors_free: Annotated[int, Field(ge=0)] | None = Field(
        default=None, description="files that the publisher may still open, rounded down to 1, 2, 5, 10, 20, ..."
    )
    practice: bool = Field(
        default=False, description="whether somebody on the device tries it out, with privacy.min_group 1"
    )
    clock: Clock
    soc_celsius: float | None
    throttled: Annotated[str, Field(pattern="^0x[0-9a-f]+$")] | None


class Info(Identity):
    """The payload of `info`: identity and settings of the device. Values of the observer are null until it reports."""

    site: Level
    room: Level
    version: str
    mode: Mode
    model: ModelName | None
    runtime: Runtime | None
    network_isolated: bool | None
    configuration: Annotated[str, Field(pattern="^[0-9a-f]{12}$")]
    configuration_from: Literal["file", "last good"] = Field(
        "file", description="last good: the device's file cannot be used, and an earlier configuration stands in for it"
    )
    board: Annotated[str, Field(max_length=64)] | None = Field(
        None, description="what the device tree calls the board, or null without one"
    )
    board_defaults: dict[str, str] = Field(
        default_factory=dict,
        description="values, by key of the configuration, that the board decides because the file does not set them",
    )
    interval_seconds: Annotated[int, Field(ge=5, le=3600)]
    privacy: PrivacyNote
    practice: bool = Field(
        default=False, description="whether somebody on the device tries it out, with privacy.min_group 1"
    )
    mqtt: Literal["5", "3.1.1"] | None
    last_exit: Literal["clean", "crash or power loss", "records lost", "unknown"]


def _stricter_share(value: float) -> float:
    return max(_SMALLEST_SHARE, math.floor(round(value * 100, 6)) / 100)


def _stricter_cell(value: float) -> float:
    return math.ceil(round(value * 10, 6)) / 10


class PrivacyCommand(Record):
    """The payload of `privacy/set`: a missing value stays as it is; a value that would loosen is ignored.

    `max_share` is rounded down to hundredths and `min_cell` up to tenths.
    """

    min_group: MinGroup | None = None
    max_share: Annotated[MaxShare, AfterValidator(_stricter_share)] | None = None
    min_cell: Annotated[MinCell, AfterValidator(_stricter_cell)] | None = None
