"""The last good configuration: a copy of the file that both processes used, in the state directory.

The publisher writes it, since the observer can write no file; both read it.
"""

import hashlib
import logging
import os
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edge.config import Settings
from edge.config.file import parse
from edge.errors import redact
from edge.system.state_file import MOST_BYTES, read_state, write_durably

log = logging.getLogger(__name__)

_NAME = "last-configuration.json"
_MOST_FORMER = 4


class FormerInterval(BaseModel):
    """A length of intervals that was in use before, seconds, and until when: CLOCK_MONOTONIC in seconds."""

    model_config = ConfigDict(frozen=True)

    seconds: float
    until: Annotated[float, Field(allow_inf_nan=False)]


class LastConfiguration(BaseModel):
    """The last good configuration.

    Attributes:
        file: its path; the copy stands in for this file only.
        text: its content, but for secrets in addresses.
        sha256: of all else, in hexadecimal: a digit that changed on the card could loosen something.
        interval_seconds: of these settings.
        machine: boot of the machine in which it was written.
        former_intervals: lengths that were in use before it, in this boot of the machine, the latest last.

    """

    model_config = ConfigDict(frozen=True)

    file: str
    text: str
    sha256: str
    interval_seconds: float
    machine: str = ""
    former_intervals: tuple[FormerInterval, ...] = ()

    @model_validator(mode="after")
    def _undamaged(self) -> Self:
        if self.sha256 != self.digest():
            msg = "is not what was written"
            raise ValueError(msg)
        return self

    def replaced_by(self, text: str, settings: Settings, machine: str, now: float) -> Self:
        """Return what to keep when `text` is in use from `now` on: CLOCK_MONOTONIC in seconds."""
        former = self.former_intervals if self.machine == machine else ()
        if settings.interval_seconds != self.interval_seconds:
            former = (*former, FormerInterval(seconds=self.interval_seconds, until=now))[-_MOST_FORMER:]
        return type(self).sealed(Path(self.file), text, settings, machine, former)

    @classmethod
    def sealed(
        cls, file: Path, text: str, settings: Settings, machine: str, former: tuple[FormerInterval, ...] = ()
    ) -> Self:
        """Return what to keep, with its sum."""
        values: dict[str, Any] = {
            "file": _path(file),
            "text": text,
            "interval_seconds": float(settings.interval_seconds),
            "machine": machine,
            "former_intervals": former,
        }
        return cls(sha256=cls.model_construct(**values).digest(), **values)

    def digest(self) -> str:
        """Return the sum of all but `sha256`."""
        return hashlib.sha256(self.model_dump_json(exclude={"sha256"}).encode()).hexdigest()

    def settings(self) -> Settings | None:
        """Return the settings; None where this release refuses them."""
        settings, problems = parse(Path(self.file), self.text)
        return None if problems else settings


def without_secrets(text: str) -> str:
    """Return a valid configuration with no password in an address; many cameras take theirs in path or query, too."""
    settings, _problems = parse(Path(), text)
    source = settings.camera.source
    if redact(source) != source or "?" in source:
        text = text.replace(source, settings.camera.shown)
    return redact(text)


def read_last(directory: Path, file: Path) -> LastConfiguration | None:
    """Return the last good configuration of a file; None where there is none, or it cannot be read."""
    path = directory / _NAME
    try:
        text = read_state(path)
        last = LastConfiguration.model_validate_json(text) if text else None
    except OSError:
        return None
    except ValidationError:
        log.warning("%s: is damaged, so nothing stands in for a configuration that cannot be used", path)
        return None
    return last if last is not None and last.file == _path(file) else None


def keep_last(directory: Path, last: LastConfiguration) -> None:
    """Write the last good configuration; a failure is logged."""
    text = last.model_dump_json()
    if len(text.encode()) >= MOST_BYTES:
        log.warning("%s: is too large for a copy of the last good configuration; shorten its comments", last.file)
        return
    # Under systemd the observer reads it by its group.
    mode = 0o640 if "STATE_DIRECTORY" in os.environ else 0o600
    write_durably(directory / _NAME, text, mode)


def _path(file: Path) -> str:
    return os.path.abspath(file)  # noqa: PTH100 - a link to another file may be the way to exchange configurations
