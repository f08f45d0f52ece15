"""The hub's configuration file, which is not the device's."""

import ipaddress
import os
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from edge.config import TOPIC_LEVEL, Mqtt
from edge.config.file import parse_as
from edge.config.section import Section
from edge.config.text import NotText, decode
from edge.config.values import Real, Whole
from edge.errors import ConfigError, InvalidConfig

DEFAULT_PATH = Path("/etc/emotion-edge/hub.toml")


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
        0.0, ge=0, le=36_500, description="age in days at which records and health are deleted; 0: they are kept"
    )
    max_devices: Whole = Field(
        5000, ge=1, le=1_000_000, description="largest number of devices; records of further devices are refused"
    )

    @field_validator("url")
    @classmethod
    def _postgresql(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme != "postgresql" or not parts.path.strip("/")):
            msg = "is not an address of PostgreSQL; write postgresql://USER@HOST/DATABASE, or leave it empty for SQLite"
            raise ValueError(msg)
        if parts.password:
            msg = "holds a password; write it into the file that PGPASSFILE names: HOST:PORT:DATABASE:USER:PASSWORD"
            raise ValueError(msg)
        return value


class Http(Section):
    """The page and the HTTP API. There are no accounts yet, so only this machine can reach them."""

    address: str = Field("127.0.0.1", description="address to listen on; as there are no accounts yet, 127.0.0.1")
    port: Whole = Field(8350, ge=1, le=65_535, description="TCP port to listen on")
    max_streams: Whole = Field(50, ge=1, le=1000, description="largest number of clients with live data at a time")

    @field_validator("address")
    @classmethod
    def _loopback(cls, value: str) -> str:
        try:
            loopback = ipaddress.IPv4Address(value).is_loopback
        except ValueError:
            loopback = False
        if not loopback:
            msg = (
                "is not an address of this machine alone, and the hub has no accounts yet, so everyone in the network "
                "could read it; write 127.0.0.1, and reach it from elsewhere by ssh -L 8350:127.0.0.1:8350 HOST"
            )
            raise ValueError(msg)
        return value


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
