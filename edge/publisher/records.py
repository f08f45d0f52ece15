"""A record's way from the door to its delivery: it gets a name and times, waits, and passes disclosure control."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edge.config import Settings
from edge.contract.records import ClosedInterval, IntervalRecord
from edge.door.gate import Handled
from edge.door.packets import Key
from edge.privacy.settings import PrivacyStore
from edge.publisher.interval_times import IntervalTimes
from edge.publisher.lobby import Arrival, Lobby
from edge.publisher.payloads import PayloadBuilder
from edge.publisher.state.record_names import RecordNames
from edge.system.machine import machine_boot
from edge.system.named_intervals import NamedIntervals


class Records:
    """The records that passed the gate and were not handed to the delivery yet."""

    def __init__(self, settings: Settings, device: str, directory: Path, privacy_store: PrivacyStore) -> None:
        """Go on with the names that the publisher before this one gave.

        Args:
            settings: in use.
            device: id of this device.
            directory: the state directory.
            privacy_store: the settings of disclosure control.

        """
        self._names = RecordNames(directory, machine_boot())
        self._times = IntervalTimes(settings.interval_seconds, named=NamedIntervals(directory))
        self._lobby = Lobby(settings.interval_seconds)
        self._payloads = PayloadBuilder(settings, device, privacy_store)

    @property
    def handled(self) -> Handled | None:
        """What the publisher before this one acknowledged; None where that is not known."""
        return self._names.handled

    @property
    def wait(self) -> float:
        """Seconds until the next record may leave; infinite where none waits."""
        return self._lobby.wait

    @property
    def summary(self) -> str:
        """A few words about the latest payload, which say no more than it does."""
        return self._payloads.summary

    def take(self, record: ClosedInterval, handled: Handled) -> Key:
        """Take a record; return the name under which it will be published.

        Args:
            record: as it came through the door.
            handled: up to where records are safe.

        """
        boot, seq = self._names.name(record, handled)
        start, end, clock = self._times.of(record.monotonic, record.interval_seconds)
        named = dict(record) | {"boot": boot, "seq": seq, "start": start, "end": end, "clock": clock}
        self._lobby.enter(IntervalRecord(**named))
        return boot, seq

    def leave(self, *, at_once: bool = False) -> Iterator[tuple[dict[str, Any], Arrival]]:
        """Yield the payloads of the records that may leave now; `at_once`: of all."""
        for arrival in self._lobby.leave(at_once=at_once):
            yield self._payloads.build(arrival.record), arrival

    def note_due(self, handled: Handled) -> None:
        """Note up to where records are safe, if it is time."""
        self._names.note_due(handled)

    def close(self, handled: Handled) -> None:
        """Note up to where records are safe, and which intervals were named, for the next publisher."""
        self._names.keep(handled)
        self._times.close()
