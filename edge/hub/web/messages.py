"""What the HTTP API takes and gives; the OpenAPI document is generated from this file."""

from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from edge.contract.records import Health, Info, Level, PublishedRecord, Suppression
from edge.hub.store.history import Mark, Room

_LONGEST = {"minute": 31, "hour": 400}
"""Days that one request may ask for; records are bounded by their pages."""
_LONGEST_GAPS = 31
ROOM_NAME = Annotated[Level, Field(pattern=r"^[^\x00]+$")]
"""PostgreSQL takes no NUL."""
MARK = r"^\d{1,12}-\d{1,9}-\d{1,16}$"


class Span(BaseModel):
    """Parameters of a request for a time."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    since: AwareDatetime = Field(alias="from", description="begin, as 2026-11-26T08:00:00Z")
    until: AwareDatetime = Field(alias="to", description="end, which is not included")

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.until <= self.since:
            msg = "`to` must be later than `from`"
            raise ValueError(msg)
        return self

    @property
    def seconds(self) -> tuple[int, int]:
        """Begin and end in seconds since 1970."""
        return int(self.since.timestamp()), int(self.until.timestamp())

    def _at_most(self, days: int) -> None:
        if self.until - self.since > timedelta(days=days):
            msg = f"the time is too long; ask for at most {days} days at once"
            raise ValueError(msg)


class RoomSpan(Span):
    """The same for a room."""

    site: ROOM_NAME = Field(description="site of the room")
    room: ROOM_NAME = Field(description="name of the room")

    @property
    def place(self) -> Room:
        """Site and room."""
        return Room(self.site, self.room)


class OneDevice(BaseModel):
    """Whose records a request may be of."""

    device: ROOM_NAME | None = Field(
        None, description="id of the one whose records count, where several devices stand in the room"
    )


class RecordsQuery(RoomSpan):
    """Parameters of `records`."""

    limit: Annotated[int, Field(ge=1, le=5000)] = Field(1000, description="largest number of records of a page")
    after: Annotated[str, Field(pattern=MARK)] | None = Field(None, description="`next` of the page before")

    @property
    def mark(self) -> Mark | None:
        """Where the page before ended."""
        return None if self.after is None else Mark(*map(int, self.after.split("-")))


class AveragesQuery(OneDevice, RoomSpan):
    """Parameters of `averages`."""

    resolution: Literal["minute", "hour"] = Field("minute", description="length of what an average is of")

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        # The sums that are kept are of whole rooms: those of a device are computed from its records.
        self._at_most(_LONGEST["minute" if self.device else self.resolution])
        return self


class GapsQuery(RoomSpan):
    """Parameters of `gaps`."""

    limit: Annotated[int, Field(ge=1, le=1000)] = Field(200, description="largest number of gaps")

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        self._at_most(_LONGEST_GAPS)
        return self


class HealthQuery(Span):
    """Parameters of `health`."""

    site: ROOM_NAME = Field(description="site of the device")
    device: ROOM_NAME = Field(description="id of the device")
    limit: Annotated[int, Field(ge=1, le=5000)] = Field(1000, description="largest number of messages")


class Nothing(BaseModel):
    """Of a request without parameters."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RoomOfHistory(_Answer):
    """A room that has records."""

    site: str
    room: str
    first: str = Field(description="end of the first record")
    latest: str = Field(description="end of the latest record")


class Rooms(_Answer):
    """All rooms."""

    rooms: list[RoomOfHistory]


class Records(_Answer):
    """A page of records, oldest first."""

    records: list[PublishedRecord]
    next: str | None = Field(description="`after` of the next page; null: there are no more")


class AverageFaces(_Answer):
    """People in view."""

    mean: float | None
    max: int | None


class AverageEmotions(_Answer):
    """People who showed each emotion."""

    angry: float | None
    disgust: float | None
    fear: float | None
    happy: float | None
    sad: float | None
    surprise: float | None
    neutral: float | None


class Average(_Answer):
    """Averages weighted by the length of the intervals; numbers are people. What is withheld lowers none.

    Records of practice are in none.
    """

    start: str
    seconds: int = Field(description="length of all records together; less than the time is long: records are missing")
    seconds_told: int = Field(description="length of those with a number of people")
    seconds_withheld: dict[Suppression, int] = Field(description="length of those without, by the reason")
    faces: AverageFaces
    emotions: AverageEmotions
    unsure: float | None
    other: float | None
    emotions_error: float | None = Field(description="people who may be counted under a wrong emotion")


class Averages(_Answer):
    """Averages, oldest first; a time without records has none."""

    averages: list[Average]


class KeptHealth(_Answer):
    """What a device said about itself; it holds until the next one."""

    time: str
    observer: str
    camera: str | None
    camera_error: str | None
    paused_by: list[str]
    light: str | None
    picture: str | None = Field(description="whether people could be seen, and if not, why")
    spool: str
    clock: str
    backlog: int
    dropped: int
    lost: int = Field(description="stored records that were lost on the device, since its publisher started")
    refused_at_door: int


class HealthOfDevice(_Answer):
    """Health, oldest first."""

    health: list[KeptHealth]


class Gap(_Answer):
    """A time of a device without records."""

    site: str
    device: str
    begin: str = Field(alias="from")
    end: str = Field(alias="to")
    missing: int | None = Field(
        description="records that did not arrive; null: between two starts of the device, none is known to be missing"
    )
    health: KeptHealth | None = Field(description="the first that the device sent after the begin")


class Gaps(_Answer):
    """Gaps, oldest first."""

    gaps: list[Gap]


class DeviceNow(_Answer):
    """What is known of a device now; null: nothing was heard since the start of the hub."""

    site: str
    device: str
    online: bool | None
    paused: bool | None = Field(description="by a command")
    age: float | None = Field(description="seconds since `record` arrived")
    record: PublishedRecord | None = Field(description="the latest one that was not delayed, of the last seven days")
    health: Health | None
    info: Info | None


class DevicesNow(_Answer):
    """All devices."""

    devices: list[DeviceNow]


class RefusedMessages(_Answer):
    """Messages that were not stored."""

    day: str
    reason: str
    messages: int


class HubState(_Answer):
    """The state of the hub; numbers of records are since its start."""

    version: str
    connected: bool = Field(description="whether the broker sends")
    problem: str = Field(description="what keeps the hub from storing now; empty: nothing")
    stored: int
    repeated: int = Field(description="records that were there already")
    refused: list[RefusedMessages] = Field(description="of the latest days")
    sign_in: str = Field(description="label of the login by OpenID Connect, at oidc/login; empty: there is none")


class Problem(BaseModel):
    """An error, as RFC 9457 has it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str | None = Field(None, description="of some errors: what is wrong, for a program")
