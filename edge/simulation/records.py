"""What a simulated device publishes: a made-up room, then the same steps as on a real device."""

import itertools
import json
import random
import secrets
import time

from edge.config import Settings
from edge.contract.payload import as_published
from edge.contract.records import IntervalRecord
from edge.counting.uncertainty import people_in_error
from edge.privacy.disclosure import DisclosureControl
from edge.privacy.settings import configured_note
from edge.simulation.reports import MODEL
from edge.simulation.room import Room
from edge.system.clock import iso

_SIZES, _SHARES = (1.0, 25.0, 200.0), (0.5, 0.15, 0.1)
"""Error of groups of this model, which does not exist: made up, so that subscribers see a number of a usual size."""


class Records:
    """Makes the payloads of one device."""

    def __init__(self, settings: Settings, device: str) -> None:
        """Prepare for `device`, whose id and room `settings` already hold."""
        self._settings = settings
        self._device = device
        self._privacy = configured_note(settings.privacy)
        self._room = Room(random.Random(device))  # noqa: S311 - people who come and go
        self._control = DisclosureControl(observations=settings.privacy.observations)
        self._boot, self._seq = secrets.token_hex(4), itertools.count()

    def skip(self) -> None:
        """Leave out the number of a record that cannot be published."""
        next(self._seq)

    def next(self, start: int, end: int, frames: int) -> str:
        """Return the JSON of an interval, wall clock seconds since 1970, in which `frames` frames were analysed."""
        record = IntervalRecord(
            **dict(self._room.counts(frames)),
            boot=self._boot,
            seq=next(self._seq),
            start=iso(start),
            end=iso(end),
            monotonic=time.monotonic(),
            clock="synced",
            model=MODEL,
        )
        disclosed = self._control.disclose(record, self._privacy)
        mean = disclosed.faces.mean
        error = None if mean is None else people_in_error(mean, _SIZES, _SHARES)
        payload = as_published(record, disclosed, error, self._privacy, self._settings.device)
        return json.dumps(payload, separators=(",", ":"))
