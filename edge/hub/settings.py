"""The hub's configuration file, which is not the device's."""

import ipaddress
import os
import re
import socket
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator, model_validator

from edge.config import TOPIC_LEVEL, Mqtt
from edge.config.file import USE_SUDO, parse_as
from edge.config.pause import Holiday, Hours, holiday, weekly_hours
from edge.config.section import Section
from edge.config.text import NotText, decode
from edge.config.values import Real, TimeZone, Whole
from edge.errors import ConfigError, InvalidConfig
from edge.hub.alert_settings import Alerts
from edge.hub.openid_settings import OpenId

HostName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
DEFAULT_PATH = Path("/etc/emotion-edge/hub.toml")
_PERIOD = re.compile(r"(\S+ \S+) ([^:\x00-\x1f\x7f]{1,20})(?::([^\x00-\x1f\x7f]{1,80}))?")


def postgresql_address(value: str) -> str:
    """Return an address of PostgreSQL; raise ValueError where it is none, or has a password."""
    parts = urlsplit(value)
    try:
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        msg = "has a port that is none; write postgresql://USER@HOST:5432/DATABASE"
        raise ValueError(msg) from None
    if parts.scheme != "postgresql" or not parts.path.strip("/"):
        msg = "is not an address of PostgreSQL; write postgresql://USER@HOST/DATABASE, or leave it empty for SQLite"
        raise ValueError(msg)
    if parts.password or any(name.endswith("password") for name in parse_qs(parts.query)):
        msg = "holds a password; write it into the file that PGPASSFILE names: HOST:PORT:DATABASE:USER:PASSWORD"
        raise ValueError(msg)
    return value


class StoreSettings(Section):
    """The database of the history."""

    url: str = Field(
        "",
        description="postgresql://USER@HOST/DATABASE, the password in the file that PGPASSFILE names; empty: SQLite",
    )
    directory: str = Field(
        "",
        description="folder of the SQLite database; empty: that of the service, of root (/var/lib/emotion-edge-hub) or "
        "of the user",
    )
    keep_days: Real = Field(
        0.0,
        ge=0,
        le=36_500,
        description="age in days at which records, averages by hour, health, marks and the audit log are deleted; 0: "
        "they are kept",
    )
    max_devices: Whole = Field(
        5000, ge=1, le=1_000_000, description="largest number of devices; records of further devices are refused"
    )

    @field_validator("url")
    @classmethod
    def _postgresql(cls, value: str) -> str:
        return postgresql_address(value) if value else value


class Http(Section):
    """The page and the HTTP API. Other machines can reach them once there is an account: `hub accounts add`."""

    address: str = Field(
        "127.0.0.1",
        description="IPv4 address to listen on; 0.0.0.0 is all. Another one than that of this machine alone needs an "
        "account, and a certificate or plain_http",
    )
    port: Whole = Field(8350, ge=1, le=65_535, description="TCP port to listen on")
    max_streams: Whole = Field(50, ge=1, le=1000, description="largest number of clients with live data at a time")
    cert_file: str = Field("", description="PEM file of the hub's certificate for HTTPS, or credential:NAME")
    key_file: str = Field("", description="PEM file of the certificate's private key, or credential:NAME")
    plain_http: bool = Field(
        default=False,
        description="serve other machines without HTTPS; anyone in between can read passwords and counts",
    )
    host_names: tuple[HostName, ...] = Field(
        (),
        max_length=20,
        description="names by which browsers may reach the hub, besides its IP addresses; empty: the name of this "
        "machine, also with .local",
    )

    @field_validator("address")
    @classmethod
    def _ipv4(cls, value: str) -> str:
        try:
            ipaddress.IPv4Address(value)
        except ValueError:
            msg = "is not an IPv4 address; write 127.0.0.1, 0.0.0.0 or an address of this machine"
            raise ValueError(msg) from None
        return value

    @model_validator(mode="after")
    def _secure(self) -> Self:
        problems = []
        if bool(self.cert_file) != bool(self.key_file):
            problems.append("cert_file and key_file belong together; set both or none")
        elif not self.loopback and not self.tls and not self.plain_http:
            problems.append(
                f"other machines reach {self.address}, and passwords would pass unencrypted; set cert_file and "
                "key_file, or plain_http = true to accept that"
            )
        if problems:
            raise ValueError(" | ".join(problems))
        return self

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the hub."""
        return ipaddress.IPv4Address(self.address).is_loopback

    @property
    def tls(self) -> bool:
        """Whether the hub speaks HTTPS."""
        return bool(self.cert_file)

    @property
    def url(self) -> str:
        """Where the hub listens."""
        return f"http{'s' * self.tls}://{self.address}:{self.port}"

    @property
    def names(self) -> list[str]:
        """Host names by which requests may come."""
        own = socket.gethostname().lower()
        return ["localhost", *(self.host_names or (own, f"{own.partition('.')[0]}.local"))]


class Commands(Section):
    """The hub's second login at the broker of [mqtt], which may pause devices. Without it the page cannot pause."""

    username: str = Field(
        "", description="user name, made by `emotion-edge-credentials commands SITE NAME`; empty: no pauses"
    )
    password_file: str = Field("", description="file that contains only the password, or credential:NAME")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.password_file and not self.username:
            msg = "password_file is set without username; set both or none"
            raise ValueError(msg)
        return self


class Trust(Section):
    """A page on plain HTTP with the certificate of a private authority, for phones that shall trust it."""

    ca_file: str = Field(
        "", description="certificate of the authority in PEM, or credential:NAME; empty: there is no such page"
    )
    address: str = Field("0.0.0.0", description="address to listen on; 0.0.0.0: all of this machine")  # noqa: S104
    port: Whole = Field(8351, ge=1, le=65_535, description="TCP port to listen on")


class Period(NamedTuple):
    """A lesson that comes back every week: hours, in the time zone of its timetable, and what it is called."""

    hours: Hours
    name: str
    title: str


def _period(value: Any) -> Any:  # noqa: ANN401 - validators see whatever the file holds
    found = _PERIOD.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        msg = 'is no period; write "mon-fri 09:05-09:50 3" or "tue 09:05-09:50 3: Mathematics"'
        raise ValueError(msg)
    return Period(weekly_hours(found[1]), found[2].strip(), (found[3] or "").strip())


class Timetable(Section):
    """The lessons of a site, or of one room of it."""

    site: str = Field("", pattern=TOPIC_LEVEL, validate_default=False, description="site of the lessons")
    room: str = Field(
        "",
        max_length=64,
        description="room of the lessons; empty: all rooms of the site. Of a calendar those events whose LOCATION is "
        "that room, or that have none",
    )
    timezone: TimeZone = Field("", description="time zone of the periods and of the days, e.g. Europe/Berlin")
    periods: tuple[Annotated[Period, BeforeValidator(_period)], ...] = Field(
        (), max_length=200, description='lessons of a week: ["mon-fri 09:05-09:50 3", "tue 09:55-10:40 4: Music"]'
    )
    holidays: tuple[Annotated[Holiday, BeforeValidator(holiday)], ...] = Field(
        (), max_length=200, description='days without periods: ["2026-10-03", "2026-12-21/2027-01-08"]'
    )
    calendar: str = Field(
        "", max_length=500, description="file or https:// address of an iCalendar (.ics), instead of periods"
    )

    @field_validator("calendar")
    @classmethod
    def _reachable(cls, value: str) -> str:
        if "://" in value and urlsplit(value).scheme not in {"http", "https"}:
            msg = "is no address of a calendar; write https://HOST/PATH.ics, or the path of a file"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not self.site or not self.timezone:
            msg = "lacks site or timezone; set both"
            raise ValueError(msg)
        if bool(self.periods) == bool(self.calendar):
            msg = "has neither periods nor a calendar, or both; set one of them"
            raise ValueError(msg)
        return self

    @property
    def zone(self) -> ZoneInfo:
        """Time zone of the lessons."""
        return ZoneInfo(self.timezone)


class HubSettings(Section):
    """The whole file."""

    client_id: str = Field(
        "emotion-edge-hub",
        pattern=TOPIC_LEVEL,
        description="MQTT client id, by which the broker keeps what arrives while the hub is down; each hub at a "
        "broker needs its own, and it must not change",
    )
    site: str = Field(
        "",
        pattern=rf"{TOPIC_LEVEL}|^$",
        description="the only site whose devices are stored; empty: all that the broker login may read",
    )
    timetables: tuple[Timetable, ...] = Field(
        (),
        max_length=500,
        description="lessons of the rooms: a section [[timetables]] for each, with site, room, timezone, and periods, "
        "holidays or calendar; see docs/guide/hub.md",
    )
    mqtt: Mqtt = Mqtt()
    store: StoreSettings = StoreSettings()
    trust: Trust = Trust()
    http: Http = Http()
    commands: Commands = Commands()
    alerts: Alerts = Alerts()
    oidc: OpenId = OpenId()

    @property
    def directory(self) -> Path:
        """Folder of the SQLite database."""
        if self.store.directory:
            return Path(self.store.directory)
        if "STATE_DIRECTORY" in os.environ:
            return Path(os.environ["STATE_DIRECTORY"].split(":")[0])
        if os.geteuid() == 0:
            return Path("/var/lib/emotion-edge-hub")
        return Path(os.environ.get("XDG_STATE_HOME", Path.home() / ".local/state")) / "emotion-edge-hub"


def load(path: Path) -> HubSettings:
    """Read and check the hub's configuration file.

    Raises:
        InvalidConfig: the file is wrong; every problem has a line `file:line: key: problem; remedy`.
        ConfigError: the file cannot be read.

    """
    try:
        text = decode(path.read_bytes())
    except OSError as error:
        absent = f"write one: emotion-edge hub default-config > {path}"
        remedy = USE_SUDO if isinstance(error, PermissionError) else absent
        raise ConfigError(path, f"cannot be read ({error.strerror})", remedy) from error
    except NotText as error:
        raise ConfigError(path, error.problem, error.remedy.format(path)) from error
    settings, problems = parse_as(HubSettings, path, text)
    if problems:
        raise InvalidConfig(path, problems)
    return settings
