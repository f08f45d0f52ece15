"""What the card has told the new device, and what the device has made since; root's alone."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.errors import ConfigError

FOLDER = Path("/var/lib/emotion-edge-enrol")
"""Made by first-boot.sh; the card itself holds none of it afterwards."""
_CARD = "card.json"
_AGAIN = "write the card anew: emotion-edge card"


@dataclass(frozen=True)
class Card:
    """What `emotion-edge card` wrote for this device.

    Attributes:
        server: address of the enrolment server, HOST:PORT.
        fingerprint: SHA-256 of its certificate, 64 hexadecimal digits.
        code: the one-time code.
        host: name of this device in the inventory.
        device_id: its name in topics and in its certificate.
        wheel: name of the file with the release.

    """

    server: str
    fingerprint: str
    code: str
    host: str
    device_id: str
    wheel: str


class State:
    """The folder of an enrolment that goes on over reboots."""

    def __init__(self, folder: Path = FOLDER, etc: Path = Path("/etc")) -> None:
        self.folder = folder
        self.credentials = etc / "credstore"
        self.config = etc / "emotion-edge" / "config.toml"
        self.ssh = etc / "ssh"

    def card(self) -> Card:
        """Return what the card says; raise `ConfigError` where that cannot be used."""
        path = self.folder / _CARD
        try:
            values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return Card(**{name: str(values[name]) for name in Card.__dataclass_fields__})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(path, f"cannot be used ({error})", _AGAIN) from error

    def wheel(self, card: Card) -> Path:
        """Return the path of the release."""
        return self.folder / card.wheel

    def config_text(self) -> str:
        """Return the configuration that the card brought, without the broker."""
        path = self.folder / "config.toml"
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(path, f"cannot be read ({error})", _AGAIN) from error

    def credential(self, name: str) -> Path:
        """Return where systemd finds a credential: ca, cert or key."""
        return self.credentials / f"emotion-edge.{name}"

    def host_keys(self) -> list[str]:
        """Return the public ssh host keys as `TYPE KEY`."""
        found = []
        for path in sorted(self.ssh.glob("ssh_host_*_key.pub")):
            words = path.read_text(encoding="utf-8", errors="replace").split()
            found += [" ".join(words[:2])] if len(words) > 1 else []
        return found

    def forget(self, card: Card) -> None:
        """Remove code and release: what enrolled once needs neither."""
        for name in (_CARD, "config.toml", "SHA256SUMS", card.wheel, "program.whl"):
            (self.folder / name).unlink(missing_ok=True)
