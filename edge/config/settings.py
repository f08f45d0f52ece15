"""One typed, frozen model of the TOML configuration: every field with its unit, default and meaning."""

import ipaddress
import re
from datetime import date
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

TOPIC_LEVEL = r"^[^/+#\s\x00-\x1f]{1,64}$"

_MQTT_PORTS = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}
_TLS_SCHEMES = ("mqtts", "wss")
CREDENTIAL = "credential:"
"""Begins the name of a file that systemd hands over (LoadCredential=)."""
_NETWORK_SCHEMES = ("rtsp", "rtsps", "http", "https")


def _no_bool(value: Any) -> Any:  # noqa: ANN401 - validators see whatever the file holds
    if isinstance(value, bool):
        msg = "is true or false where a number is expected"
        raise ValueError(msg)  # noqa: TRY004 - pydantic turns ValueError into a reported problem
    return value


Whole = Annotated[int, BeforeValidator(_no_bool)]
Real = Annotated[float, BeforeValidator(_no_bool)]


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Section(BaseModel):
    """Frozen, closed to unknown keys, values never coerced between kinds."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False, validate_default=True)


class Device(Section):
    """Who this device is in the topic tree."""

    id: str = Field(
        "", pattern=r"^$|" + TOPIC_LEVEL, description="empty: the Pi's serial number, else a stored random id"
    )
    site: str = Field("site", pattern=TOPIC_LEVEL, description="building or school; a level of every topic")
    room: str = Field("room", min_length=1, max_length=64, description="room, as people call it")


class CameraSettings(Section):
    """Where frames come from."""

    source: str = Field(
        "picamera2",
        min_length=1,
        description="picamera2, a USB camera's number or /dev path, rtsp://…, a clip, a folder, or scene (built in)",
    )
    width: Whole = Field(
        1280, ge=160, le=3840, description="pixels asked of a camera; clips and pictures keep their own"
    )
    height: Whole = Field(720, ge=120, le=2160, description="pixels asked of a camera")
    frames_per_second: Real = Field(2.0, gt=0, le=60, description="frames analysed a second")
    pace: Literal["native", "fast"] = Field(
        "native", description="clips and folders: native keeps the clip's own time, fast analyses every frame at once"
    )
    loop: bool = Field(
        default=False, description="clips and folders: start again at the end instead of reporting CameraEnded"
    )
    stall_seconds: Real = Field(
        6.0, ge=1, le=120, description="no frame for so long is a CameraTimeout and restarts the camera"
    )
    retry_cap_seconds: Real = Field(
        60.0, ge=1, le=3600, description="longest wait between two attempts to open the camera"
    )

    @property
    def needs_network(self) -> bool:
        """Whether the process that sees must be able to reach a network for this source."""
        return urlsplit(self.source).scheme in _NETWORK_SCHEMES


Share = Annotated[Real, Field(ge=0, le=1)]

SHIPPED_MODELS = ("standard", "small")
"""Names of the models that are installed with this package."""


class Vision(Section):
    """Finding faces, following them, classifying them."""

    detector: Literal["haar", "yunet"] = Field(
        "haar", description="haar; or yunet, which finds more faces for less, with a file that you supply"
    )
    yunet_model: str = Field("", description="face_detection_yunet_*.onnx of OpenCV's model zoo")
    yunet_sha256: str = Field(
        "ebafce4e3c118d6554634be5c27ab333b4c047a9a8c3faf1d7cf93101c22f0f0",
        pattern="^[0-9a-f]{64}$",
        description="digest that this file must have; the default is that of 2026may",
    )
    yunet_width: Whole = Field(640, ge=160, le=1920, description="long side in pixels of the picture it searches")
    cascade: str = Field(
        "", description="cascade XML; empty: haarcascade_frontalface_alt2 as OpenCV or Debian ships it"
    )
    model: str = Field(
        "standard",
        min_length=1,
        description="standard; small, for a Pi 3 or Zero 2; or an int8 TFLite file with its .json beside it",
    )
    scan_width: Whole = Field(
        800, ge=160, le=3840, description="long side in pixels of the picture that is searched for faces"
    )
    scale_factor: Real = Field(1.15, ge=1.01, le=2, description="step of the size pyramid")
    min_face: Whole = Field(25, ge=20, le=1000, description="smallest face, pixels in the searched picture")
    ignore: tuple[tuple[Share, Share, Share, Share], ...] = Field(
        (),
        max_length=20,
        description="zones without people (a poster, a screen): [left, top, width, height] each, as shares of the "
        "picture, e.g. [[0.0, 0.0, 0.2, 0.5]]; `emotion-edge aim` shows them",
    )
    presence_neighbors: Whole = Field(
        7, ge=2, le=50, description="in mode presence, where no model judges: overlapping windows that make a face"
    )
    side_faces_every: Whole = Field(
        0,
        ge=0,
        le=50,
        description="every so-manieth search also looks for faces from the side, so that someone who looks away stays "
        "counted, and takes four times as long (haar); 3 is a good number, 0 is never",
    )
    keep_neighbors: Whole = Field(1, ge=1, le=50, description="overlapping windows that are shown to the model at all")
    confirm_neighbors: Whole = Field(
        3, ge=1, le=50, description="overlapping windows that make a person credible; one such sighting is needed"
    )
    confirm_hits: Whole = Field(
        2, ge=1, le=20, description="sightings before a person is counted, then for the first ones too"
    )
    memory_scans: Whole = Field(3, ge=0, le=50, description="scans that an unseen person is remembered")
    scan_seconds: Real = Field(
        2.5,
        ge=0,
        le=60,
        description="time between full searches for faces, half of it while someone is new; known faces are looked at "
        "once in between",
    )
    still_seconds: Real = Field(
        15.0, ge=1, le=600, description="the same while nothing moves, and nothing is looked at in between"
    )
    min_face_score: Real = Field(
        0.7, ge=0, le=1, description="what is less sure to be a face by the windows and the model together is none"
    )
    unsure_below: Real = Field(0.4, ge=0, le=1, description="a most probable emotion below this is counted as unsure")
    threads: Whole = Field(1, ge=1, le=8, description="threads of face finding; 1 leaves the other cores to the camera")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.keep_neighbors > self.confirm_neighbors:
            msg = "keep_neighbors <= confirm_neighbors must hold"
            raise ValueError(msg)
        return self


class Privacy(Section):
    """What is withheld so that small groups are not exposed."""

    min_group: Whole = Field(
        5,
        ge=1,
        le=100,
        description="fewer visible people than this on average, or perhaps in half of the frames: the interval is "
        "suppressed, and so are those that follow until there is one more; 1 protects nobody",
    )
    max_share: Real = Field(
        0.9, gt=0.5, le=1, description="a larger share of one emotion is reported as this one; 1 switches it off"
    )
    min_cell: Real = Field(
        0.0,
        ge=0,
        le=100,
        description="emotions with fewer people are reported as a sum, other, and no observations; 0 switches it off",
    )


_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? (\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)
_HOLIDAYS = re.compile(r"(\d{4}-\d\d-\d\d)(?:/(\d{4}-\d\d-\d\d))?", re.ASCII)
_DAY_MINUTES = 24 * 60


class Hours(NamedTuple):
    """A part of some days of the week: days from 0, Monday; minutes since midnight, `end` excluded."""

    days: tuple[int, ...]
    start: int
    end: int


class Holiday(NamedTuple):
    """Whole days, both included."""

    first: date
    last: date


def _hours(value: Any) -> Any:  # noqa: ANN401 - validators see whatever the file holds
    found = _HOURS.fullmatch(value) if isinstance(value, str) else None
    if not found or not {found[1], found[2] or found[1]} <= set(_DAYS):
        msg = "are no weekly hours; write mon-fri 07:45-16:00 or sat 09:00-12:30"
        raise ValueError(msg)
    first, last = _DAYS.index(found[1]), _DAYS.index(found[2] or found[1])
    start, end = (60 * int(found[hour]) + int(found[hour + 1]) for hour in (3, 5))
    if first > last or max(int(found[4]), int(found[6])) > 59 or not start < end <= _DAY_MINUTES:  # noqa: PLR2004
        msg = "run backwards or past midnight; write a line for each part, up to 24:00"
        raise ValueError(msg)
    return Hours(tuple(range(first, last + 1)), start, end)


def _holiday(value: Any) -> Any:  # noqa: ANN401 - validators see whatever the file holds
    found = _HOLIDAYS.fullmatch(value) if isinstance(value, str) else None
    days = [_date(day) for day in (found[1], found[2] or found[1])] if found else []
    if len(days) != 2 or days[0] is None or days[1] is None or days[0] > days[1]:  # noqa: PLR2004 - first and last
        msg = "is no holiday; write 2026-10-03, or 2026-12-21/2027-01-08 with both days included"
        raise ValueError(msg)
    return Holiday(days[0], days[1])


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


class Pause(Section):
    """When the camera is closed, beside the switch pause/set of MQTT: whoever pauses, only they lift it."""

    hours: tuple[Annotated[Hours, BeforeValidator(_hours)], ...] = Field(
        (), max_length=50, description='the camera is open only then: ["mon-fri 07:45-16:00"]; empty: always'
    )
    holidays: tuple[Annotated[Holiday, BeforeValidator(_holiday)], ...] = Field(
        (), max_length=200, description='closed on these days: ["2026-10-03", "2026-12-21/2027-01-08"]'
    )
    timezone: str = Field("", description="of both, such as Europe/Berlin; empty: this machine's")
    button_gpio: Whole = Field(-1, ge=-1, le=27, description="GPIO of a button to ground that pauses; -1: none")
    lamp_gpio: Whole = Field(-1, ge=-1, le=27, description="GPIO of a lamp, lit while the camera is open; -1: none")

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            _ = ZoneInfo(value) if value else None
        except (ValueError, OSError, LookupError) as error:
            msg = "is no time zone that this machine knows; write Europe/Berlin, or apt install tzdata"
            raise ValueError(msg) from error
        return value

    @model_validator(mode="after")
    def _pins(self) -> Self:
        if self.button_gpio == self.lamp_gpio >= 0:
            msg = "button_gpio and lamp_gpio are the same pin"
            raise ValueError(msg)
        return self


class Broker(NamedTuple):
    """One address of `mqtt.url`, taken apart."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted and the broker's certificate checked."""
        return self.scheme in _TLS_SCHEMES

    @property
    def websocket(self) -> bool:
        """Whether MQTT goes through a WebSocket."""
        return self.scheme in ("ws", "wss")

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def _broker(url: str) -> Broker:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = 0
    websocket = parts.scheme in ("ws", "wss")
    path = parts.path if websocket else parts.path.strip("/")
    wrong = parts.scheme not in _MQTT_PORTS or not parts.hostname or port == 0 or parts.username or parts.query
    if wrong or (path and not websocket):
        msg = (
            "is no broker address; write mqtt://HOST:PORT, mqtts://HOST:PORT, ws://HOST:PORT/PATH or "
            "wss://HOST:PORT/PATH, user and password in their own keys"
        )
        raise ValueError(msg)
    return Broker(parts.scheme, parts.hostname or "", port or _MQTT_PORTS[parts.scheme], path or "/mqtt")


class Mqtt(Section):
    """The broker. Secrets are read from files, never from here; `credential:NAME` is one that systemd hands over."""

    url: str | tuple[str, ...] = Field(
        "mqtt://localhost:1883",
        min_length=1,
        max_length=200,
        description="mqtt://host:port, mqtts:// for TLS, ws:// or wss://host:port/path by WebSocket; off this machine "
        'TLS is required; several are tried in order: ["mqtts://a.example", "mqtts://b.example"]',
    )
    base: str = Field(
        "emotion-edge/v1",
        min_length=1,
        max_length=128,
        pattern=r"^[^+#\s\x00-\x1f]+$",
        description="first levels of every topic",
    )
    protocol: Literal["auto", "5", "3.1.1"] = Field(
        "auto", description="auto: MQTT 5, and 3.1.1 where the broker refuses it"
    )
    username: str = Field("", description="empty: none")
    password_file: str = Field("", description="file that holds the password and nothing else, or credential:NAME")
    ca_file: str = Field(
        "", description="certificate authority of the broker, PEM, or credential:NAME; empty: the system's"
    )
    cert_file: str = Field("", description="this device's certificate, PEM, or credential:NAME")
    key_file: str = Field("", description="this device's private key, PEM, or credential:NAME")
    tls_server_name: str = Field(
        "", max_length=253, description="name that the broker's certificate must have; empty: the host of url"
    )
    allow_plaintext: bool = Field(
        default=False, description="permit mqtt:// to another machine: anyone on the way can read and forge"
    )
    keepalive_seconds: Whole = Field(
        30, ge=5, le=600, description="silence after which the broker is asked for a sign of life"
    )
    connect_seconds: Real = Field(10.0, ge=1, le=120, description="time for name, TCP, TLS and login together")
    retry_cap_seconds: Real = Field(60.0, ge=1, le=3600, description="longest wait between two attempts")

    @field_validator("url")
    @classmethod
    def _broker_url(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for url in (value,) if isinstance(value, str) else value:
            _broker(url)
        return value

    @model_validator(mode="after")
    def _secure(self) -> Self:
        for broker in self.brokers:
            if not broker.tls and not self.allow_plaintext and not _is_loopback(broker.host):
                scheme = "wss" if broker.websocket else "mqtts"
                remedy = f"use {scheme}://, or accept that with allow_plaintext = true"
                raise ValueError(f"url goes unprotected to {broker.host}; {remedy}")
        if bool(self.cert_file) != bool(self.key_file):
            msg = "cert_file and key_file belong together; set both or neither"
            raise ValueError(msg)
        if self.password_file and not self.username:
            msg = "password_file is set without username; set both or neither"
            raise ValueError(msg)
        return self

    @property
    def brokers(self) -> tuple[Broker, ...]:
        """Addresses of `url`, in the order in which they are tried."""
        return tuple(_broker(url) for url in ((self.url,) if isinstance(self.url, str) else self.url))


class HomeAssistant(Section):
    """Home Assistant, on the same broker, finds the device by itself: a retained message describes its entities."""

    discovery: bool = Field(
        default=True,
        description="false: nothing is sent there, and what was sent before is removed; set it where a broker that "
        "knows no such topic hangs up",
    )
    prefix: str = Field(
        "homeassistant",
        min_length=1,
        max_length=128,
        pattern=r"^[^+#\s\x00-\x1f]+$",
        description="discovery prefix, as set in Home Assistant; its own status comes under it, too",
    )


class Listen(NamedTuple):
    """A TCP address of this machine."""

    host: str
    port: int


class Metrics(Section):
    """Health, never counts, for a Prometheus on this machine, as GET /metrics; needs prometheus_client."""

    listen: str = Field(
        "", max_length=64, description="address such as 127.0.0.1:9464, loopback only; empty: no port is opened"
    )

    @property
    def address(self) -> Listen | None:
        """`listen` taken apart, or None where it is empty."""
        if not self.listen:
            return None
        parts = urlsplit(f"//{self.listen}")
        return Listen(parts.hostname or "", parts.port or 0)

    @field_validator("listen")
    @classmethod
    def _here_only(cls, value: str) -> str:
        if not value:
            return value
        try:
            parts = urlsplit(f"//{value}")
            well = bool(parts.port) and parts.netloc == value and parts.username is None
        except ValueError:
            well = False
        if not well:
            msg = "is no HOST:PORT; write 127.0.0.1:9464 or [::1]:9464"
            raise ValueError(msg)
        if not _is_loopback(parts.hostname or ""):
            msg = "would be open to other machines; write 127.0.0.1:9464, and let an agent on this machine read it"
            raise ValueError(msg)
        return value


class Spool(Section):
    """Records that wait for the broker."""

    directory: str = Field(
        "", description="empty: systemd's state directory, /var/lib/emotion-edge for root, else the user's state folder"
    )
    max_days: Real = Field(
        30.0,
        gt=0,
        le=3650,
        description="days of counting that are kept; when there are more, the oldest are dropped and counted",
    )
    max_megabytes: Whole = Field(
        200, ge=1, le=10_000, description="when the records need more, the oldest are dropped and counted"
    )


class Door(Section):
    """The Unix socket between the process that sees and the process that talks."""

    path: str = Field(
        "", description="empty: door.sock in systemd's runtime directory, /run/emotion-edge for root, else the user's"
    )


class Settings(Section):
    """The whole configuration file."""

    interval_seconds: Whole = Field(
        10, ge=5, le=3600, description="length of a counting interval; fixed, aligned to the clock; must divide an hour"
    )
    mode: Literal["emotions", "presence"] = Field(
        "emotions", description="presence: faces are counted, no emotion is inferred and no model loaded"
    )
    device: Device = Device()
    camera: CameraSettings = CameraSettings()
    vision: Vision = Vision()
    privacy: Privacy = Privacy()
    pause: Pause = Pause()
    mqtt: Mqtt = Mqtt()
    home_assistant: HomeAssistant = HomeAssistant()
    metrics: Metrics = Metrics()
    spool: Spool = Spool()
    door: Door = Door()

    @field_validator("interval_seconds")
    @classmethod
    def _divides_an_hour(cls, value: int) -> int:
        if 3600 % value:
            msg = "does not divide an hour, so intervals would not line up between devices; try 5, 10, 15, 20, 30 or 60"
            raise ValueError(msg)
        return value
