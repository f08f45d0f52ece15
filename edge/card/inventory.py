"""The enrolled devices as an inventory of Ansible, with their ssh host keys beside it."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from edge.card.codes import Enrolment, Step
from edge.card.lock import locked
from edge.errors import ConfigError
from edge.system.state_file import replace_durably

_HEAD = """\
---
# Written by emotion-edge enrol, anew after each enrolment. Add what is common to all, such as device_wheel, in an
# inventory of your own: ansible-playbook -i common.yml -i {name} site.yml
"""


class Inventory:
    """A file that the enrolment server writes. Where somebody has edited it, it is not written over."""

    def __init__(self, path: Path, note: Path, broker_url: str) -> None:
        """Write to `path`; `note` keeps digests of what was written last; devices use `broker_url`."""
        self._path = path
        self._known_hosts = path.with_name("known_hosts")
        self._note = note
        self._lock = note.with_suffix(".lock")
        self._broker_url = broker_url

    def check(self) -> None:
        """Raise `ConfigError` where the file is not what was written last, or its folder cannot be written."""
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            if not self._path.parent.is_dir():
                raise ConfigError(self._path.parent, "is no folder", "make it, or name --inventory FILE") from None
            return
        except OSError as error:
            raise ConfigError(self._path, f"cannot be read ({error.strerror})", "name --inventory FILE") from error
        if hashlib.sha256(text).hexdigest() not in self._digests():
            problem = "was changed by hand, or is not of emotion-edge enrol, so it is not written over"
            remedy = "move it to another name, which Ansible may read, too; it is then written anew with all devices"
            raise ConfigError(self._path, problem, remedy)

    def write(self, enrolments: Iterable[Enrolment]) -> None:
        """Write all devices that have a certificate; raise `ConfigError` as `check` does, or where that fails."""
        with locked(self._lock):
            self.check()
            devices = [one for one in enrolments if one.step is Step.SIGNED]
            hosts = "".join(f"{_start(one.host)}{_flow(self._host(one))}\n" for one in devices)
            text = f"{_HEAD.format(name=self._path.name)}all:\n  children:\n    devices:\n      hosts:\n{hosts}"
            keys = "\n".join(
                f"{_alias(one.host)} {key}"
                for one in devices
                if one.request is not None
                for key in one.request.host_keys
            )
            self._replace(text, keys)

    def forget(self, host: str) -> bool:
        """Take a host out; return whether it was there.

        Raises:
            ConfigError: there is no inventory, or it cannot be written, or as `check` does.

        """
        with locked(self._lock):
            self.check()
            if not self._path.exists():
                raise ConfigError(self._path, "is not there", "name the inventory of enrol: --inventory FILE")
            text = self._path.read_text(encoding="utf-8")
            try:
                keys = self._known_hosts.read_text(encoding="utf-8") if self._known_hosts.exists() else ""
            except OSError as error:
                raise ConfigError(self._known_hosts, f"cannot be read ({error.strerror})", "use sudo") from error
            left = _without(text, _start(host))
            self._replace(left, _without(keys, f"{_alias(host)} "))
        return left != text

    def _replace(self, text: str, keys: str) -> None:
        """Write inventory and host keys; raise `ConfigError` where that fails."""
        try:
            replace_durably(self._known_hosts, keys.rstrip(), 0o644)
            # First, and with the one before: a crash in between leaves a file that is known.
            written = hashlib.sha256(f"{text.rstrip()}\n".encode()).hexdigest()
            replace_durably(self._note, " ".join([written, *self._digests()[:1]]))
            replace_durably(self._path, text.rstrip(), 0o644)
        except OSError as error:
            raise ConfigError(self._path, f"cannot be written ({error.strerror})", "make room, or use sudo") from error

    def _digests(self) -> list[str]:
        """Return the digests of what was written last, and before that."""
        return self._note.read_text().split() if self._note.exists() else []

    def _host(self, one: Enrolment) -> dict[str, Any]:
        """Return the variables of a host."""
        known = "{{ inventory_dir }}/" + self._known_hosts.name
        sections = {name: keys for name, keys in one.settings.items() if name}
        return {
            "ansible_host": one.request.address if one.request else one.host,
            "ansible_user": one.user,
            "ansible_ssh_common_args": f"-o UserKnownHostsFile={known} -o HostKeyAlias={_alias(one.host)}",
            "device_id": one.device_id,
            "device_site": one.site,
            "device_room": one.room,
            "device_broker_url": self._broker_url,
            # As on the card, so that a play changes nothing.
            "device_settings": {"mode": "presence"} | one.settings.get("", {}) | sections,
        }


def _flow(values: dict[str, Any]) -> str:
    """Return YAML, as JSON is; but YAML has no pair of escapes for a letter beyond U+FFFF."""
    return json.dumps(values, ensure_ascii=False)


def _alias(host: str) -> str:
    """Return the name of a host key, which stays where the address changes."""
    return host.lower()


def _start(host: str) -> str:
    """Return how the line of a host begins."""
    return f"        {json.dumps(host)}: "


def _without(text: str, start: str) -> str:
    """Return the lines that do not begin with `start`."""
    return "\n".join(line for line in text.split("\n") if not line.startswith(start))
