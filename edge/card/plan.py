"""What one card is to say: the device, its user and its network, checked before anything is written."""

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from edge.config.completeness import END
from edge.config.file import parse
from edge.config.toml import quoted
from edge.errors import ConfigError, EdgeError, InvalidConfig, UnusableInput

_HOST_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_USER = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_SSH_KEY = re.compile(
    r"(ssh-(?:ed25519|rsa)|ecdsa-sha2-nistp(?:256|384|521)|sk-[a-z0-9@.-]+) ([A-Za-z0-9+/]+=*)( [^\r\n]*)?"
)
_SHORTEST, _LONGEST = 8, 63
_OF_MQTT = {
    "ca_file": "credential:emotion-edge.ca",
    "cert_file": "credential:emotion-edge.cert",
    "key_file": "credential:emotion-edge.key",
}
_EXAMPLE = "mqtts://broker.invalid:8883"
"""Stands in for the broker's address while a card is checked: the enrolment server gives it."""
_OF_CARD = {("device", "id"), ("device", "site"), ("device", "room"), ("mqtt", "url")}


@dataclass(frozen=True)
class Wifi:
    """A network with WPA2 or WPA3 in its transition mode.

    Attributes:
        ssid: its name.
        psk: the key that WPA derives of name and password, 64 hexadecimal digits; the password itself is not kept.
        country: whose rules the radio follows, such as DE.

    """

    ssid: str
    psk: str = field(repr=False)
    country: str


@dataclass(frozen=True)
class Plan:
    """One card.

    Attributes:
        host: name in the inventory; its first label is the host name.
        device_id: name in topics and in the certificate.
        site: building or school.
        room: its name, any text.
        user: who may log in, with `ssh_keys` and no password.
        ssh_keys: public keys, a line each.
        wifi: None for a cable.
        time_zone: such as Europe/Berlin; empty: as the image has it.
        settings: of config.toml by section; keys without a section under "".

    """

    host: str
    device_id: str
    site: str
    room: str
    user: str
    ssh_keys: tuple[str, ...]
    wifi: Wifi | None = None
    time_zone: str = ""
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def host_name(self) -> str:
        """The name of the machine."""
        return self.host.partition(".")[0].lower()


def check(plan: Plan) -> None:
    """Raise `InvalidConfig` with a line for each value that cannot be used."""
    problems = [UnusableInput(thing, problem, remedy) for thing, problem, remedy in _problems(plan)]
    if problems:
        raise InvalidConfig("the card", [ConfigError(one.thing, one.problem, one.remedy) for one in problems])
    text = configuration(plan) + f'url = "{_EXAMPLE}"\n\n{END}\n'
    _settings, wrong = parse(Path(f"the configuration of {plan.host}"), text)
    if wrong:
        raise InvalidConfig(plan.host, wrong)


def _problems(plan: Plan) -> Iterator[tuple[str, str, str]]:
    if not _HOST.fullmatch(plan.host) or not _HOST_NAME.fullmatch(plan.host_name):
        yield f"the host {plan.host!r}", "is no host name", "use letters, digits and '-', such as pi-b12"
    for name, value in (("id", plan.device_id), ("site", plan.site)):
        if not _NAME.fullmatch(value):
            yield f"{name} {value!r}", "is no usable name", "use letters, digits, '.', '_' and '-', such as pi-b12"
    if not plan.room.strip() or len(plan.room) > 64 or not plan.room.isprintable():  # noqa: PLR2004 - as [device] has it
        yield f"the room {plan.room!r}", "is no usable name", "write 1 to 64 characters in one line"
    if plan.time_zone and plan.time_zone not in available_timezones():
        yield f"the time zone {plan.time_zone!r}", "is unknown", "write one such as Europe/Berlin"
    yield from _problems_of_login(plan)
    for section, keys in plan.settings.items():
        for key in keys.keys() & {key for where, key in _OF_CARD if where == section}:
            yield f"{section}.{key}", "is set by the card itself", "leave this column out"


def _problems_of_login(plan: Plan) -> Iterator[tuple[str, str, str]]:
    if not _USER.fullmatch(plan.user) or plan.user == "root":
        yield f"the user {plan.user!r}", "is no user name", "use small letters, digits, '_' and '-', and not root"
    if not plan.ssh_keys:
        yield "the ssh key", "is missing, and nobody could log in", "name a public key: --ssh-key ~/.ssh/id_ed25519.pub"
    for line in plan.ssh_keys:
        if not _SSH_KEY.fullmatch(line):
            yield f"the ssh key {line[:24]!r}…", "is no public key", "name the file that ends in .pub"


def configuration(plan: Plan) -> str:
    """Return config.toml up to the broker's address, with which the device goes on in the section [mqtt]."""
    sections = {name: dict(keys) for name, keys in plan.settings.items()}
    top = {"mode": "presence"} | sections.pop("", {})
    mqtt = _OF_MQTT | sections.pop("mqtt", {})
    device = {"id": plan.device_id, "site": plan.site, "room": plan.room} | sections.pop("device", {})
    lines = ["# Written by emotion-edge card. `emotion-edge default-config` explains every key.", *_lines(top)]
    for name, keys in {"device": device, **sections, "mqtt": mqtt}.items():
        lines += ["", f"[{name}]", *_lines(keys)]
    return "\n".join(lines) + "\n"


def _lines(keys: dict[str, Any]) -> Iterator[str]:
    return (f"{key} = {_toml(value)}" for key, value in keys.items())


def _toml(value: Any) -> str:  # noqa: ANN401 - values of a cell
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return str(value) if isinstance(value, int | float) else quoted(str(value))


def wifi(ssid: str, password: str, country: str) -> Wifi:
    """Return a network without its password; raise `UnusableInput` where name, password or country cannot be right.

    The key is PBKDF2 of IEEE 802.11i, annex H.4: HMAC-SHA1, the name as salt, 4096 rounds, 32 bytes.
    """
    if not 1 <= len(ssid.encode()) <= 32 or not ssid.isprintable():  # noqa: PLR2004 - of the standard
        raise UnusableInput(f"the Wi-Fi {ssid!r}", "is no name of a network", "write 1 to 32 bytes: --wifi NAME")
    if not _COUNTRY.fullmatch(country):
        problem = "is no country of two letters, and without one the radio stays off"
        raise UnusableInput(f"the country {country!r}", problem, "write --country DE")
    if re.fullmatch(r"[0-9a-fA-F]{64}", password):
        return Wifi(ssid, password.lower(), country)
    if not _SHORTEST <= len(password) <= _LONGEST or not password.isascii() or not password.isprintable():
        problem = "is no password of a network: it has 8 to 63 letters, digits and signs of ASCII"
        raise UnusableInput("the Wi-Fi password", problem, "correct --wifi-password-file")
    return Wifi(ssid, hashlib.pbkdf2_hmac("sha1", password.encode(), ssid.encode(), 4096, 32).hex(), country)


def read_ssh_keys(files: tuple[Path, ...]) -> tuple[str, ...]:
    """Return the lines of files of public keys; raise `UnusableInput` where one has none, or a private one."""
    found: list[str] = []
    for file in files:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UnusableInput(
                file, f"cannot be read ({error})", "name a public key, such as id_ed25519.pub"
            ) from error
        if "PRIVATE KEY" in text:
            raise UnusableInput(file, "is a private key, which belongs on no card", f"name {file}.pub")
        found += [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return tuple(dict.fromkeys(found))


def fingerprint(host_key: str) -> str:
    """Return the fingerprint of `TYPE KEY` as ssh shows it; raise `EdgeError` where that is no key."""
    try:
        blob = base64.b64decode(host_key.split()[1], validate=True)
    except (IndexError, ValueError) as error:
        raise EdgeError("the host key", "is no public key", "") from error
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
