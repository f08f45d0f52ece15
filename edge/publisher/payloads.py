"""From a record that came through the door to the payload of `counts`."""

import math
from typing import Any

from edge.config import Settings
from edge.config.for_board import for_board
from edge.contract.payload import as_published
from edge.contract.records import IntervalRecord
from edge.privacy.disclosure import DisclosureControl, moves_one
from edge.privacy.settings import PrivacyStore
from edge.publisher.coarseness import coarse
from edge.publisher.emotions_error import EmotionsError
from edge.system.board import board_model


class PayloadBuilder:
    """Applies disclosure control to each record in turn; what it withholds is in no payload and no summary."""

    def __init__(self, settings: Settings, device: str, privacy_store: PrivacyStore) -> None:
        self._device = settings.device.model_copy(update={"id": device})
        self._privacy_store = privacy_store
        self._control = DisclosureControl(observations=settings.privacy.observations)
        self._settings = settings
        self._emotions_error = EmotionsError(for_board(settings, board_model()))
        self.summary = "nothing counted yet"
        """A few words about the latest payload. Anyone on the device may read them, so they say no more than it."""

    def build(self, record: IntervalRecord) -> dict[str, Any]:
        """Return the payload of the record that follows the one before."""
        seconds = record.interval_seconds or self._settings.interval_seconds
        privacy, practice = self._privacy_store.of(record.monotonic, seconds)
        told = self._control.disclose(record, privacy, paused=record.paused, practice=practice)
        disclosed = coarse(told, math.ceil(seconds * self._settings.camera.frames_per_second))
        error = self._emotions_error.of(disclosed, record.model, moved=moves_one(privacy, record.mode))
        payload = as_published(record, disclosed, error, privacy, self._device, practice=practice)
        mean = payload["faces"]["mean"]
        self.summary = ("practice, " if practice else "") + ("faces withheld" if mean is None else f"{mean:g} faces")
        return payload
