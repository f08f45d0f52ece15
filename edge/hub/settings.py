"""The hub's configuration file, which is not the device's."""

import ipaddress
import os
import socket
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import Field, field_validator, model_validator

from edge.config import TOPIC_LEVEL, Mqtt
from edge.config.file import parse_as
from edge.config.section import Section
from edge.config.text import NotText, decode
from edge.config.values import Real, Whole
from edge.errors import ConfigError, InvalidConfig
from edge.hub.alert_settings import Alerts
from edge.hub.openid_settings import OpenId

HostName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
DEFAULT_PATH = Path("/etc/emotion-edge/hub.toml")


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
        description="age in days at which records, averages by hour and health are deleted; 0: they are kept",
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
        remedy = f"write one: emotion-edge hub default-config > {path}"
        raise ConfigError(path, f"cannot be read ({error.strerror})", remedy) from error
    except NotText as error:
        raise ConfigError(path, error.problem, error.remedy.format(path)) from error
    settings, problems = parse_as(HubSettings, path, text)
    if problems:
        raise InvalidConfig(path, problems)
    return settings
