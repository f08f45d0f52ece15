"""What the publisher makes of a packet at the door: the true gate, names, times, disclosure and rounding."""

import json
import math
from pathlib import Path
from typing import Any

from edge.config import Settings
from edge.contract.records import EMOTIONS, ClosedInterval
from edge.door.gate import Gate
from edge.door.lengths import Lengths
from edge.model.metadata import read_metadata
from edge.model.path import model_path
from edge.privacy.settings import PrivacyStore
from edge.publisher.model_names import ModelNames
from edge.publisher.records import Records
from tests.support.counts import closed, counts

LABELS = (*EMOTIONS, "unsure")
NAMES = ("boot", "seq", "start", "end", "clock")
"""What the publisher makes itself; `Probe` says of each payload without these whether it is another one."""


class Probe:
    """An observer's packets, one an interval, and the payloads that would be published."""

    def __init__(self, folder: Path, privacy: dict[str, float] | None = None) -> None:
        """Use the default settings, but for `privacy`."""
        self.settings = Settings.model_validate({"privacy": privacy or {}})
        self.model = read_metadata(model_path(self.settings.vision.model)).model_name
        self._now = 1000.0
        self._seq = 0
        self._records = Records(self.settings, "pi", folder, PrivacyStore(folder, self.settings.privacy))
        models = ModelNames(self.settings, monotonic=lambda: self._now)
        self._gate = Gate(Lengths(self.settings.interval_seconds), models.knows, monotonic=lambda: self._now)

    def packet(self, **changes: Any) -> bytes:
        """Return a record of the next interval in which 20 frames and nobody were seen, with `changes`."""
        ended = self._now + self.settings.interval_seconds
        nobody = counts(0.0, analysed=20).model_dump()
        record = closed(seq=self._seq, monotonic=ended, model=self.model, **nobody)
        return json.dumps(record.model_dump() | changes).encode()

    def publish(self, **changes: Any) -> dict[str, Any] | None:
        """Hand in `packet(**changes)`; return the payload, or None where the packet was dropped."""
        packet = self.packet(**changes)
        self._now += self.settings.interval_seconds
        self._seq += 1
        record = self._gate.admit(packet)
        if not isinstance(record, ClosedInterval):
            return None
        self._records.take(record, self._gate.handled)
        ((payload, _arrival),) = self._records.leave(at_once=True)
        return payload

    def told(self, tenths: list[int], *, most: int | None = None, **changes: Any) -> dict[str, Any] | None:
        """Return the payload of people in tenths by emotion, the last being unsure; `most` in a frame."""
        people = sum(tenths) / 10
        emotions = {name: number / 10 for name, number in zip(LABELS, tenths, strict=True)}
        faces = {"mean": people, "max": math.ceil(people) if most is None else most}
        values = {"faces": faces, "unsure": emotions.pop("unsure"), "emotions": emotions}
        return self.publish(**values | changes)


def content(payload: dict[str, Any]) -> str:
    """Return what the observer had a say in."""
    return json.dumps({name: value for name, value in payload.items() if name not in NAMES}, sort_keys=True)
