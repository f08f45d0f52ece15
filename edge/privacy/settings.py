"""Privacy settings that were tightened remotely: they survive restarts and can be loosened only on the device."""

import logging
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from edge.config import Privacy
from edge.contract.records import PrivacyNote
from edge.privacy.practice import Practice
from edge.system.unwritten import UNWRITTEN

log = logging.getLogger(__name__)

_STRICTER = {"min_group": max, "max_share": min, "min_cell": max}
_STRICTEST = PrivacyNote(min_group=100, max_share=0.51, min_cell=100.0)


class InForce(NamedTuple):
    """The settings that hold for a record, or now, and whether that is practice."""

    privacy: PrivacyNote
    practice: bool


class PrivacyStore:
    """The settings in force: for each one the stricter of the configured and the stored value.

    A stored file that cannot be read counts as the strictest settings, because its content is unknown.
    """

    def __init__(self, directory: Path, configured: Privacy, practice: Practice | None = None) -> None:
        """Read what was stored; without `practice` there is none."""
        self._practice = practice
        self._path = directory / "privacy.json"
        self._configured = configured_note(configured)
        self.now = self._saved = _stricter(self._configured, self._stored())
        if self.now != self._configured:
            words = "privacy settings were tightened remotely: %s; to loosen them, delete %s and restart emotion-edge"
            log.info(words, self.now, self._path)

    @property
    def in_force(self) -> InForce:
        """What holds now."""
        return self._with(practice=self._practice is not None and self._practice.seconds_left > 0)

    def of(self, ended: float, seconds: float) -> InForce:
        """Return what holds for an interval.

        Args:
            ended: CLOCK_MONOTONIC in seconds at its end.
            seconds: its length.

        """
        return self._with(practice=self._practice is not None and self._practice.covers(ended, seconds))

    def practice_changed(self) -> bool:
        """Return whether practice began or ended since the last call."""
        return self._practice is not None and self._practice.changed()

    def _with(self, *, practice: bool) -> InForce:
        return InForce(self.now.model_copy(update={"min_group": 1}) if practice else self.now, practice)

    def apply(self, **wanted: float) -> list[str]:
        """Apply the values of `wanted` that tighten, until `save` only in memory; return the names of the others."""
        self.now = _stricter(self.now, self.now.model_copy(update=wanted))
        return [name for name, value in wanted.items() if getattr(self.now, name) != value]

    def save(self) -> None:
        """Store the settings in force where they changed since the last time."""
        if self.now != self._saved:
            self._saved = self.now
            UNWRITTEN.write(self._path, self.now.model_dump_json())
            log.info("privacy settings tightened remotely: %s", self.now)

    def _stored(self) -> PrivacyNote:
        if (unwritten := UNWRITTEN.text(self._path)) is not None:
            return PrivacyNote.model_validate_json(unwritten)
        try:
            return PrivacyNote.model_validate_json(self._path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return self._configured
        except (OSError, ValidationError):
            log.warning(
                "%s: cannot be read, so the strictest privacy settings hold; delete it and restart emotion-edge to use "
                "the configured ones",
                self._path,
            )
            return _STRICTEST


def configured_note(configured: Privacy) -> PrivacyNote:
    """Return what records say of the configured settings. Observations show by themselves whether they are on."""
    return PrivacyNote.model_validate({name: getattr(configured, name) for name in PrivacyNote.model_fields})


def _stricter(one: PrivacyNote, other: PrivacyNote) -> PrivacyNote:
    return PrivacyNote.model_validate(
        {name: choose(getattr(one, name), getattr(other, name)) for name, choose in _STRICTER.items()}
    )
