"""One-time codes and what became of them: a folder that `card` writes and `enrol` reads.

A code is stored as its SHA-256 alone: it has 128 bits, so nobody finds it from there. A file per code is replaced at
once; a lock lets one process at a time change any of them.
"""

import base64
import contextlib
import enum
import hashlib
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from edge.card.lock import locked
from edge.errors import ConfigError, EdgeError
from edge.system.state_file import replace_durably

LIFE_SECONDS = 30 * 86_400.0
_BYTES = 16
_AGAIN = "move it away; then write the cards anew whose devices have not enrolled"


class Step(enum.StrEnum):
    """Where an enrolment stands."""

    NEW = "new"
    ASKED = "asked"
    """A device has shown the code, and waits for somebody who approves it."""
    APPROVED = "approved"
    SIGNED = "signed"
    DENIED = "denied"


class Refusal(enum.StrEnum):
    """Why a code gives nothing; the device logs the text of it."""

    UNKNOWN = "unknown"
    OTHER_HOST = "other_host"
    EXPIRED = "expired"
    USED = "used"
    DENIED = "denied"


REASONS = {
    Refusal.UNKNOWN: "is unknown to the enrolment server, or a newer card was written for this host",
    Refusal.OTHER_HOST: "is for another host",
    Refusal.EXPIRED: "has expired: a card is good for 30 days",
    Refusal.USED: "was used by another device: this card was copied, or read by somebody else",
    Refusal.DENIED: "was denied by the operator",
}


class Refused(EdgeError):
    """A code that gives nothing."""

    def __init__(self, host: str, refusal: Refusal) -> None:
        super().__init__(f"the code of {host}", REASONS[refusal], "write a new card")
        self.refusal = refusal


@dataclass(frozen=True)
class Request:
    """What a device says of itself.

    Attributes:
        key: SHA-256 of its public key.
        address: from which it asks.
        host_keys: public ssh host keys, `TYPE KEY`.
        system: name of its operating system.
        machine: its processor, such as aarch64.

    """

    key: str
    address: str
    host_keys: tuple[str, ...] = ()
    system: str = ""
    machine: str = ""


@dataclass(frozen=True)
class Enrolment:
    """A code and its device; names as in `edge.card.plan.Plan`.

    Attributes:
        digest: SHA-256 of the code.
        expires: seconds since 1970.
        changed: seconds since 1970.
        request: None until a device has shown the code.

    """

    digest: str
    host: str
    device_id: str
    site: str
    room: str
    user: str
    expires: float
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    step: Step = Step.NEW
    changed: float = 0.0
    request: Request | None = None


class Codes:
    """For any thread and any process."""

    def __init__(self, folder: Path, now: Callable[[], float] = time.time) -> None:
        """Use `folder`, which is made where it is missing; `now` returns seconds since 1970.

        Raises:
            ConfigError: it cannot be made, or others may read it.

        """
        self.folder = folder
        self._now = now
        try:
            (folder / "codes").mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)
        except OSError as error:
            problem = f"cannot be used ({error.strerror})"
            raise ConfigError(folder, problem, "name another folder: --codes FOLDER, or use sudo for both") from error

    def issue(self, enrolment: Enrolment) -> str:
        """Store an enrolment under a new code and return the code; earlier ones of this host end."""
        code = new_code()
        with self._locked():
            for earlier in self._all():
                if earlier.host == enrolment.host and earlier.step is not Step.SIGNED:
                    self._path(earlier.digest).unlink(missing_ok=True)
            self._store(replace(enrolment, digest=digest(code), expires=self._now() + LIFE_SECONDS))
        return code

    def require(self, code: str, host: str, device_id: str) -> None:
        """Raise `Refused` where a code gives nothing, whatever key shows it: before anything is spent on a request."""
        with self._locked():
            refusal = self._refusal(self._read(digest(code)), host, device_id)
        if refusal is not None:
            raise Refused(host, refusal)

    def show(self, code: str, host: str, device_id: str, request: Request) -> Enrolment:
        """Return the enrolment that a device may ask for, now at the step that follows.

        The first key that shows a code is its own; the same device may ask as often as it likes.

        Raises:
            Refused: the code gives nothing to this device.

        """
        with self._locked():
            found = self._read(digest(code))
            refusal = self._refusal(found, host, device_id, request.key)
            if found is None or refusal is not None:
                raise Refused(host, refusal or Refusal.UNKNOWN)
            if found.step is Step.NEW:
                found = self._store(replace(found, step=Step.ASKED, request=request))
            return found

    def _refusal(self, found: Enrolment | None, host: str, device_id: str, key: str | None = None) -> Refusal | None:
        if found is None:
            return Refusal.UNKNOWN
        if (found.host, found.device_id) != (host, device_id):
            return Refusal.OTHER_HOST
        if found.request is not None and key not in {None, found.request.key}:
            return Refusal.USED
        if self._now() > found.expires:
            return Refusal.EXPIRED
        return Refusal.DENIED if found.step is Step.DENIED else None

    def decide(self, host: str, *, approve: bool) -> Enrolment:
        """Approve or deny the device that waits for `host`; raise `ConfigError` where none does."""
        with self._locked():
            waiting = [one for one in self._all() if one.step is Step.ASKED]
            found = [one for one in waiting if one.host == host]
            if not found:
                names = ", ".join(one.host for one in waiting) or "none"
                raise ConfigError(host, "no device waits for approval under this name", f"waiting: {names}")
            return self._store(replace(found[0], step=Step.APPROVED if approve else Step.DENIED))

    def signed(self, enrolment: Enrolment) -> Enrolment:
        """Note that a certificate was given; what the same host had before ends."""
        with self._locked():
            for earlier in self._all():
                if earlier.host == enrolment.host and earlier.digest != enrolment.digest:
                    self._path(earlier.digest).unlink(missing_ok=True)
            return self._store(replace(enrolment, step=Step.SIGNED))

    def forget(self, host: str) -> bool:
        """Remove what is noted of a host, whatever its step; return whether there was anything."""
        with self._locked():
            found = [one for one in self._all() if one.host == host]
            for one in found:
                self._path(one.digest).unlink(missing_ok=True)
        return bool(found)

    def all(self) -> list[Enrolment]:
        """Return all enrolments by host; expired ones that no device has shown are removed."""
        with self._locked():
            return sorted(self._all(), key=lambda one: one.host)

    def _all(self) -> list[Enrolment]:
        found = []
        for path in sorted((self.folder / "codes").glob("*.json")):
            one = self._read(path.stem)
            if one is not None and one.step is Step.NEW and self._now() > one.expires + LIFE_SECONDS:
                path.unlink(missing_ok=True)
            elif one is not None:
                found.append(one)
        return found

    def _read(self, name: str) -> Enrolment | None:
        path = self._path(name)
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            request = values.pop("request")
            if request is not None:
                request = Request(**{**request, "host_keys": tuple(request["host_keys"])})
            return Enrolment(**{**values, "step": Step(values["step"]), "request": request})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ConfigError(path, f"cannot be used ({error})", _AGAIN) from error

    def _store(self, enrolment: Enrolment) -> Enrolment:
        found = replace(enrolment, changed=self._now())
        path = self._path(found.digest)
        try:
            replace_durably(path, json.dumps(asdict(found)), 0o600)
        except OSError as error:
            raise ConfigError(path, f"cannot be written ({error.strerror})", "make room, or use sudo") from error
        return found

    def _path(self, name: str) -> Path:
        return self.folder / "codes" / f"{name}.json"

    def _locked(self) -> contextlib.AbstractContextManager[None]:
        return locked(self.folder / "lock")


def new_code() -> str:
    """Return a code of 128 bits in the letters of base32, in groups."""
    text = base64.b32encode(secrets.token_bytes(_BYTES)).decode().rstrip("=")
    return "-".join(text[start : start + 5] for start in range(0, len(text), 5))


def digest(code: str) -> str:
    """Return under which name a code is stored."""
    letters = "".join(letter for letter in code.upper() if letter.isalnum())
    return hashlib.sha256(letters.encode()).hexdigest()
