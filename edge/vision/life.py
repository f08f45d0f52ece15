"""Which faces are people: a portrait on the wall never moves, blinks or changes.

Brightness and contrast of a face are normalised before it is compared, so that a lamp that flickers or a cloud is no
movement. Measured at the faces of four clips (`python -m tests.measure_furniture`): each real face changes by 0.36 or
more within nine seconds, a still picture with a sensor's noise (10 grey levels) and flicker by at most 0.15.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.camera.sources.base import Luma
from edge.vision.geometry import Boxes, same_face
from edge.vision.tracker import Sighting

Patch = NDArray[np.float32]
"""(16, 16) grey levels of a face, with mean 0 and standard deviation 1."""

MOVED = 0.2
"""Root mean square of the difference of two patches from which a face has moved."""
FURNITURE_SECONDS = 300.0
"""Without a movement for this long a face is furniture."""
_REFERENCE_SECONDS = 30.0
"""Age at which a reference is replaced: sunlight that moves over a wall in minutes is no movement."""
_PATCH = 16
_REMEMBERED = 100
"""Places of still faces that the detector has lost: when it finds them again, they are no new people."""
_LEFT_SECONDS = FURNITURE_SECONDS
"""A place is forgotten after this time: its face may have been that of a person who sat still."""
_FURNITURE_LEFT_SECONDS = 4 * 86_400.0
"""The same for furniture: after a weekend a portrait is known again, and is not counted for minutes."""


@dataclass(eq=False)
class _Place:
    """Where a face was seen, and since when it has not moved; a place equals only itself."""

    box: Boxes
    reference: Patch
    taken_at: float
    still_since: float
    has_moved: bool = False
    found_at: float = 0.0

    def is_over(self, now: float) -> bool:
        """Return whether its face was found last too long ago to be remembered."""
        was_furniture = self.found_at - self.still_since >= FURNITURE_SECONDS
        return now - self.found_at > (_FURNITURE_LEFT_SECONDS if was_furniture else _LEFT_SECONDS)


class LifeSigns:
    """Remembers for each track when its face moved last. One thread."""

    def __init__(self) -> None:
        self._places: dict[int, _Place] = {}
        self._left: deque[_Place] = deque(maxlen=_REMEMBERED)

    def look(self, luma: Luma, sightings: Sequence[Sighting], now: float) -> None:
        """Compare the faces that were found in a (height, width) uint8 frame with how they were.

        Args:
            luma: the frame.
            sightings: the people of the frame; those without `detection` were not looked at.
            now: when the frame was taken, seconds of a clock that never steps.

        """
        self._forget({sighting.track for sighting in sightings})
        self.forget_left(now)
        for sighting in sightings:
            if sighting.detection is None:
                continue
            place = self._places.get(sighting.track) or self._lost_one(luma, sighting.box)
            if place is None:
                place = _Place(sighting.box, patch(luma, sighting.box), now, now)
            elif change(place.reference, patch(luma, place.box)) >= MOVED:
                place = _Place(sighting.box, patch(luma, sighting.box), now, now, has_moved=True)
            elif now - place.taken_at >= _REFERENCE_SECONDS:
                place.reference, place.taken_at = patch(luma, place.box), now
            place.found_at = now
            self._places[sighting.track] = place

    def is_alive(self, track: int, now: float) -> bool:
        """Return whether the face of a track has moved, and not too long ago."""
        place = self._places.get(track)
        return place is not None and place.has_moved and not self.is_furniture(track, now)

    def is_furniture(self, track: int, now: float) -> bool:
        """Return whether the face of a track has not moved for minutes."""
        place = self._places.get(track)
        return place is not None and now - place.still_since >= FURNITURE_SECONDS

    def reset(self) -> None:
        """Forget all tracks; still faces are known again when they are found in the same place."""
        self._forget(set())

    def forget_left(self, now: float) -> None:
        """Forget still faces that were found last too long before `now`; `look` does so, too."""
        if any(place.is_over(now) for place in self._left):
            self._left = deque((place for place in self._left if not place.is_over(now)), maxlen=_REMEMBERED)

    def resize(self, across: float, down: float) -> None:
        """Go on, after `reset`, in frames `across` times as wide and `down` times as high as those before."""
        for place in self._left:
            place.box = np.rint(place.box * np.array([across, down, across, down])).astype(np.int32)

    def _forget(self, tracks: set[int]) -> None:
        for track in self._places.keys() - tracks:
            place = self._places.pop(track)
            if not place.has_moved:
                self._left.append(place)

    def _lost_one(self, luma: Luma, box: Boxes) -> _Place | None:
        """Return the still face that was seen here before and looks the same, or None."""
        for place in self._left:
            if same_face(box[None], place.box[None]).any() and change(place.reference, patch(luma, place.box)) < MOVED:
                self._left.remove(place)
                return place
        return None


def patch(luma: Luma, box: Boxes) -> Patch:
    """Return the part of a (height, width) uint8 frame in a (4,) box; averaging cells takes away noise."""
    height, width = luma.shape
    x, y, across, down = (int(value) for value in box)
    part = luma[max(0, y) : min(height, y + down), max(0, x) : min(width, x + across)]
    if not part.size:  # the frame has another size than the one before
        return np.zeros((_PATCH, _PATCH), np.float32)
    cells = cv2.resize(part.astype(np.float32), (_PATCH, _PATCH), interpolation=cv2.INTER_AREA)
    return np.asarray((cells - cells.mean()) / max(1.0, float(cells.std())), np.float32)


def change(before: Patch, after: Patch) -> float:
    """Return the root mean square of the difference of two patches: 0 for the same face, 1.4 for unrelated ones."""
    return float(np.sqrt(np.mean((before - after) ** 2)))
