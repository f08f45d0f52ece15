"""Privacy settings that were tightened from afar: kept over restarts, loosened only on the device."""

import logging
from pathlib import Path

from pydantic import ValidationError

from edge.config import Privacy
from edge.contract.records import PrivacyNote
from edge.system.state_file import write_durably

log = logging.getLogger(__name__)

_STRICTER = {"min_group": max, "max_share": min, "min_cell": max}
_STRICTEST = PrivacyNote(min_group=100, max_share=0.51, min_cell=100.0)


class PrivacyStore:
    """The settings in force: of the file's and the stored ones, the stricter of each.

    A stored file that cannot be understood counts as the strictest settings, because what it held is unknown.
    """

    def __init__(self, directory: Path, configured: Privacy) -> None:
        self._path = directory / "privacy.json"
        self._configured = PrivacyNote.model_validate(configured.model_dump())
        self.now = _stricter(self._configured, self._stored())
        if self.now != self._configured:
            log.info("privacy was tightened from afar: %s; delete %s to loosen it", self.now, self._path)

    def apply(self, **wanted: float) -> list[str]:
        """Tighten what `wanted` tightens; return the names of what it would loosen."""
        tightened = _stricter(self.now, self.now.model_copy(update=wanted))
        loosening = [name for name, value in wanted.items() if getattr(tightened, name) != value]
        if tightened != self.now:
            self.now = tightened
            write_durably(self._path, tightened.model_dump_json())
            log.info("privacy tightened from afar: %s", tightened)
        return loosening

    def _stored(self) -> PrivacyNote:
        try:
            return PrivacyNote.model_validate_json(self._path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return self._configured
        except (OSError, ValidationError):
            log.warning(
                "%s: cannot be read, so the strictest privacy holds; delete it to return to the file's", self._path
            )
            return _STRICTEST


def _stricter(one: PrivacyNote, other: PrivacyNote) -> PrivacyNote:
    return PrivacyNote.model_validate(
        {name: choose(getattr(one, name), getattr(other, name)) for name, choose in _STRICTER.items()}
    )
