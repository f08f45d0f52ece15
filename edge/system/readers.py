"""Whether the users of the services can read the files that a configuration names; only root can test that."""

import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from edge.config import CREDENTIAL, SHIPPED_MODELS, Settings
from edge.system.units import OBSERVER, PUBLISHER, unit_properties

_CREDENTIALS = {"ca_file": "ca", "cert_file": "cert", "key_file": "key", "password_file": "password"}


class Reader(NamedTuple):
    """The user of a service, and the folders that its sandbox hides."""

    user: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    hidden: tuple[str, ...] = ()


class Unreadable(NamedTuple):
    """A file that a service cannot read: the key that names it, the file, the problem, and the remedy."""

    key: tuple[str, ...]
    path: Path
    problem: str
    remedy: str


def service_reader(unit: str) -> Reader | None:
    """Return who reads files for a unit; None where it is not installed, or this process is not root."""
    properties = unit_properties(unit) if os.geteuid() == 0 else {}
    try:
        user = pwd.getpwnam(properties.get("User", ""))
    except KeyError:
        return None
    hidden: tuple[str, ...] = ("/home", "/root", "/run/user") if properties.get("ProtectHome") == "yes" else ()
    hidden += ("/tmp", "/var/tmp") if properties.get("PrivateTmp") == "yes" else ()  # noqa: S108 - they are hidden
    return Reader(user.pw_name, user.pw_uid, user.pw_gid, tuple(os.getgrouplist(user.pw_name, user.pw_gid)), hidden)


def why_unreadable(path: Path, reader: Reader) -> str:
    """Return why a user cannot read a file that exists, with user, mode and owner; empty where it can."""
    if folder := next((one for one in reader.hidden if path.resolve().is_relative_to(one)), ""):
        return f"user {reader.user} cannot see {folder}, which its service hides"
    for parent in reversed(path.absolute().parents):
        if not _may(reader, "-x", parent):
            return f"user {reader.user} cannot enter {parent} ({_owner(parent)})"
    return "" if _may(reader, "-r", path) else f"user {reader.user} cannot read it ({_owner(path)})"


def unreadable_files(settings: Settings, file: Path, installed: Path) -> Iterator[Unreadable]:
    """Yield each existing file that the service which needs it cannot read.

    Args:
        settings: read from `file`.
        file: the configuration; it is examined itself if it is the one that the services read.
        installed: the configuration that the services read.

    """
    publisher, observer = service_reader(PUBLISHER), service_reader(OBSERVER)
    for reader in (publisher, observer):
        if reader and file == installed and (why := why_unreadable(file, reader)):
            yield Unreadable((), file, why, f"sudo chgrp emotion-edge {file} && sudo chmod 640 {file}")
    if publisher:
        yield from unreadable_secrets(settings, publisher)
    if observer:
        vision = settings.vision
        named = {
            ("vision", "cascade"): vision.cascade,
            ("vision", "yunet_model"): vision.yunet_model,
            ("camera", "source"): settings.camera.source,
        }
        named |= {} if vision.model in SHIPPED_MODELS else {("vision", "model"): vision.model}
        for key, value in named.items():
            path = Path(value or "/")
            # A relative name that happens to exist here is not what the service would open.
            is_file = path.is_absolute() and not value.startswith("/dev/") and path.exists()
            if is_file and (why := why_unreadable(path, observer)):
                copy = f"/usr/local/share/emotion-edge/{path.name}"
                remedy = f"sudo install -D -m 644 {path} {copy}, and set {'.'.join(key)} to the copy"
                yield Unreadable(key, path, why, remedy)


def unreadable_secrets(settings: Settings, reader: Reader) -> Iterator[Unreadable]:
    """Yield each certificate, key and password file that `reader` cannot read."""
    for key, name in _CREDENTIALS.items():
        value: str = getattr(settings.mqtt, key)
        path = Path(value)
        if not value or value.startswith(CREDENTIAL) or not path.exists():
            continue
        if why := why_unreadable(path, reader):
            stored = f"emotion-edge.{name}"
            remedy = (
                f'sudo install -D -m 600 {path} /etc/credstore/{stored}, and set mqtt.{key} = "{CREDENTIAL}{stored}"'
            )
            yield Unreadable(("mqtt", key), path, why, remedy)


def _may(reader: Reader, what: str, path: Path) -> bool:
    """Ask the kernel as that user: groups, access lists and every folder count."""
    done = subprocess.run(  # noqa: S603 - the system's own program
        ["/usr/bin/test", what, path],
        user=reader.uid,
        group=reader.gid,
        extra_groups=reader.groups,
        cwd="/",
        timeout=30,
        check=False,
    )
    return done.returncode == 0


def _owner(path: Path) -> str:
    state = path.stat()
    return f"mode {state.st_mode & 0o7777:04o}, owner {path.owner()}:{path.group()}"
