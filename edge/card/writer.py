"""Writes all of one card. What makes the device act comes last: a card that was pulled out in between does nothing."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any

from edge.card import bookworm, cloud_init
from edge.card.partition import FOLDER, Partition, write_and_verify
from edge.card.plan import Plan, configuration
from edge.card.wheel import Wheel
from edge.errors import Unavailable, UnusableInput

TRIXIE, BOOKWORM = "trixie", "bookworm"
_SPARE_BYTES = 4_000_000
"""Left free: updates of the system write here, too."""
_CLUSTER = 32_768


@dataclass(frozen=True)
class Server:
    """Where the device enrols.

    Attributes:
        address: HOST:PORT.
        fingerprint: SHA-256 of its certificate.

    """

    address: str
    fingerprint: str


@dataclass(frozen=True)
class Start:
    """How the system on a card starts.

    Attributes:
        system: trixie or bookworm.
        cmdline: the kernel's command line.

    """

    system: str
    cmdline: str


def release_of(partition: Partition, wanted: str) -> str:
    """Return which release of Raspberry Pi OS a partition starts.

    Raises:
        UnusableInput: it cannot be told, is not the wanted one, or has been started before and reads nothing any more.

    """
    has_cloud = partition.has("user-data") or partition.has("network-config") or partition.has("meta-data")
    first = bookworm.FIRST_BOOT in partition.read("cmdline.txt").decode(errors="replace")
    found = TRIXIE if has_cloud else BOOKWORM if first else ""
    if not found and wanted != TRIXIE:
        problem = "has neither the files of cloud-init (Trixie), nor a first boot before it (Bookworm)"
        remedy = (
            "write the image anew with Raspberry Pi Imager; a Bookworm that was started once reads no settings any more"
        )
        raise UnusableInput(partition.name, problem, remedy)
    if wanted != "auto" and found not in {"", wanted}:
        raise UnusableInput(partition.name, f"is {found}, not {wanted}", "leave --os away, or write another image")
    return found or wanted


def files(plan: Plan, wheel: Wheel, server: Server, code: str, start: Start) -> dict[str, bytes]:
    """Return all files of a card by path, in the order in which they are written."""
    card = {
        "server": server.address,
        "fingerprint": server.fingerprint,
        "code": code,
        "host": plan.host,
        "device_id": plan.device_id,
        "wheel": wheel.name,
    }
    ours = {
        wheel.name: wheel.content,
        **{f"wheels/{name}": content for name, content in wheel.libraries.items()},
        "first-boot.sh": wheel.first_boot,
        "config.toml": configuration(plan).encode(),
        "card.json": (json.dumps(card, indent=1) + "\n").encode(),
    }
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in ours.items())
    found = {f"{FOLDER}/{name}": content for name, content in {**ours, "SHA256SUMS": sums.encode()}.items()}
    if start.system == TRIXIE:
        instance = f"emotion-edge-{secrets.token_hex(8)}"
        found["meta-data"] = cloud_init.meta_data(plan, instance).encode()
        found["network-config"] = cloud_init.network_config(plan).encode()
        changed = cloud_init.command_line(start.cmdline, instance)
        if changed != start.cmdline:
            found["cmdline.txt"] = changed.encode()
        found["user-data"] = cloud_init.user_data(plan).encode()
    else:
        found["custom.toml"] = bookworm.custom_toml(plan).encode()
        found["firstrun.sh"] = bookworm.FIRST_RUN.encode()
        found["cmdline.txt"] = bookworm.command_line(start.cmdline).encode()
    return found


def check_space(partition: Partition, content: dict[str, bytes]) -> None:
    """Raise `Unavailable` where the files have no room; nothing was written."""
    needed = sum(-(-len(one) // _CLUSTER) * _CLUSTER for one in content.values()) + _SPARE_BYTES
    free = partition.free()
    if free < needed:
        problem = f"has {free // 1_000_000} MB free, and the card needs {needed // 1_000_000 + 1}"
        raise Unavailable(partition.name, problem, "write the image anew, or take one with a larger boot partition")


def write(partition: Partition, content: dict[str, bytes]) -> dict[str, str]:
    """Write files and read each back; return their SHA-256 by path; raise `EdgeError` where one is wrong."""
    partition.remove(FOLDER)  # of an earlier card
    return {path: write_and_verify(partition, path, one) for path, one in content.items()}


def masked(content: dict[str, bytes], secret: set[str]) -> dict[str, Any]:
    """Return the texts by path with secrets masked; of the release, only its size."""
    shown: dict[str, Any] = {}
    for path, one in content.items():
        if path.endswith((".whl", "first-boot.sh")):
            shown[path] = f"({len(one)} bytes)"
            continue
        text = one.decode()
        for word in secret:
            text = text.replace(word, "********")
        shown[path] = text
    return shown
