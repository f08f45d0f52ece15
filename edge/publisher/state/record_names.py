"""The names under which records are published: this device's own boot and numbers, whatever the observer says."""

import logging
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from edge.contract.records import Boot, ClosedInterval, Monotonic, Record
from edge.door.gate import Handled
from edge.door.packets import Key
from edge.publisher.rate_limit import RateLimit
from edge.system.state_file import read_state
from edge.system.unwritten import UNWRITTEN

log = logging.getLogger(__name__)

NEW_BOOTS_A_SECOND = 1 / 600
NEW_BOOTS_AT_ONCE = 20.0
NOTE_SECONDS = 3600.0
"""The card is written at most so often, and at the end of a run."""
_EFFECT = "records could be published twice, under two names, after a restart"
Number = Annotated[int, Field(ge=-(2**53), le=2**53)]


class _Note(Record):
    """What the next publisher needs to go on with the same names.

    Attributes:
        machine: the machine's boot, in which `until` was read.
        observer: the observer's start, as it names itself at the door.
        boot: the boot that its records are published with.
        shift: its number of a record less the published one.
        seq: the observer's number of the last record that was acknowledged.
        until: CLOCK_MONOTONIC in seconds at the end of that record's interval.

    """

    machine: str
    observer: Boot
    boot: Boot
    shift: Number
    seq: Number
    until: Monotonic


class RecordNames:
    """Gives each start of the observer a random boot, and its records the numbers from 0 on, without gaps of its own.

    A record that an earlier publisher has published, and not acknowledged, gets the same name again. An observer that
    starts more often than now and then goes on in the boot that it has.
    """

    def __init__(self, directory: Path, machine: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Take the names over from the publisher before this one.

        Args:
            directory: the state directory.
            machine: id of the machine's boot; notes of another one are of no use.
            monotonic: CLOCK_MONOTONIC in seconds.

        """
        self._path = directory / "names.json"
        self._machine = machine
        self._monotonic = monotonic
        self._new_boots = RateLimit(NEW_BOOTS_A_SECOND, NEW_BOOTS_AT_ONCE, monotonic)
        self._due = monotonic() + NOTE_SECONDS
        self._last: Key = ("", -1)
        self._note = self._read()
        self.handled = Handled(self._note.observer, self._note.seq, self._note.until) if self._note else None
        """What the publisher before this one acknowledged; None where that is not known."""

    def name(self, record: ClosedInterval, handled: Handled) -> Key:
        """Return boot and number for a record that passed the gate; `handled` is up to where records are safe."""
        note = self._note
        if note is None or record.boot != note.observer:
            note = self._begin(record, note, handled)
        self._last = note.boot, record.seq - note.shift
        return self._last

    def note_due(self, handled: Handled) -> None:
        """Note up to where records were acknowledged, if it is time."""
        if self._monotonic() >= self._due:
            self.keep(handled)

    def keep(self, handled: Handled) -> None:
        """Note up to where records were acknowledged."""
        if self._note is not None and handled.boot == self._note.observer:
            self._note = self._note.model_copy(update={"seq": handled.seq, "until": handled.until})
        self._write()

    def _begin(self, record: ClosedInterval, before: _Note | None, handled: Handled) -> _Note:
        """Give a start of the observer its boot; where it has had many, let it go on in the one before."""
        boot, first = secrets.token_hex(4), 0
        is_new = before is None or self._new_boots.wait <= 0
        if is_new:
            self._new_boots.spend()
        elif before is not None:
            boot, first = before.boot, self._last[1] + 1
        note = _Note(
            machine=self._machine,
            observer=record.boot,
            boot=boot,
            shift=record.seq - first,
            seq=handled.seq if handled.boot == record.boot else record.seq - 1,
            until=handled.until,
        )
        self._note = note
        if is_new:  # else a card could be worn out by an observer that starts at every interval
            log.info("records of the observer that started as %s are published as boot %s", record.boot, boot)
            self._write()
        return note

    def _write(self) -> None:
        self._due = self._monotonic() + NOTE_SECONDS
        if self._note is not None:
            UNWRITTEN.write(self._path, self._note.model_dump_json(), _EFFECT)

    def _read(self) -> _Note | None:
        try:
            text = UNWRITTEN.text(self._path)  # of the publisher before a reload
            note = _Note.model_validate_json(text or read_state(self._path) or "null")
        except (OSError, ValidationError):
            if self._path.exists():
                log.warning("%s: cannot be read; records go on under a new boot", self._path)
            return None
        return note if note.machine == self._machine and note.until <= self._monotonic() else None
