"""Short-lived tracks, so that a flicker of the detector is neither a person nor the loss of one.

Two thresholds as in ByteTrack (Zhang et al., ECCV 2022): no track becomes a person without a credible detection, while
weaker ones keep it alive. Ids mean nothing outside this process and end with the track.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.config import Vision
from edge.vision.geometry import Boxes, overlap

_SAME_PERSON = 0.2
"""Least overlap of a track's box with a detection; heads move half their width between frames, rarely more."""


@dataclass(frozen=True)
class Sighting:
    """A counted person in one frame.

    Attributes:
        track: id, unique within this process.
        box: (4,) int32, the last known place, pixels.
        detection: index of the face among this very frame's detections, or boxes; None where it was not looked at.
        frames: how many frames this sighting accounts for. Someone was there since the first sighting, although it
            takes a second one to believe it, and during a gap that ends with being seen again: such frames are made
            up for at once. A frame in which someone is only remembered accounts for none, yet.

    """

    track: int
    box: Boxes
    detection: int | None
    frames: int


@dataclass
class _Track:
    id: int
    box: Boxes
    credible: bool
    hits: int = 1
    detection: int | None = None
    seen: bool = True
    missed: int = 0
    unaccounted: int = 1


class Tracker:
    """Turns what is found in successive frames into people: call one of `update`, `recheck`, `hold` for each."""

    def __init__(self, settings: Vision) -> None:
        self._settings = settings
        self._tracks: list[_Track] = []
        self._ids = itertools.count()

    @property
    def pending(self) -> bool:
        """Whether someone was seen too rarely yet to be confirmed or dismissed."""
        return any(track.seen and track.hits < self._settings.confirm_hits for track in self._tracks)

    def boxes(self) -> Boxes:
        """Return the (N, 4) places where the latest scan saw someone."""
        return np.array([track.box for track in self._tracks if not track.missed], np.int32).reshape(-1, 4)

    def update(self, boxes: Boxes, credible: NDArray[np.bool_]) -> list[Sighting]:
        """Take the faces found in a frame that was searched, return the people who count in it.

        Args:
            boxes: (N, 4) of the faces.
            credible: (N,) whether each is sure enough to make a person.

        """
        free = set(range(len(boxes)))
        self._pass()
        for track in self._tracks:
            track.missed += 1
            track.seen = False
        for track, index in self._match(boxes):
            free.discard(index)
            track.box = boxes[index]
            track.detection = index
            track.missed = 0
            track.seen = True
            track.hits += 1
            track.credible |= bool(credible[index])
        self._tracks = [track for track in self._tracks if track.missed <= self._settings.memory_scans]
        self._tracks += [
            _Track(next(self._ids), boxes[index], bool(credible[index]), detection=index) for index in sorted(free)
        ]
        return self._sightings()

    def recheck(self, still: NDArray[np.bool_]) -> list[Sighting]:
        """Take a frame in which only `boxes` were looked at: (N,) whether a face is still in each.

        Someone whose face is not there has moved or left; which of the two, the next scan tells.
        """
        self._pass()
        for index, track in enumerate(track for track in self._tracks if not track.missed):
            track.seen = bool(still[index])
            track.detection = index if track.seen else None
        return self._sightings()

    def hold(self) -> list[Sighting]:
        """Take a frame that was not looked at: whoever was seen before is seen again."""
        self._pass()
        return self._sightings()

    def reset(self) -> None:
        """Forget everyone, as after a gap in the frames."""
        self._tracks.clear()

    def _match(self, boxes: Boxes) -> list[tuple[_Track, int]]:
        """Pair tracks and detections greedily, largest overlap first."""
        if not self._tracks or not len(boxes):
            return []
        shared = overlap(np.stack([track.box for track in self._tracks]), boxes)
        pairs: list[tuple[_Track, int]] = []
        while shared.max() >= _SAME_PERSON:
            row, column = np.unravel_index(int(shared.argmax()), shared.shape)
            pairs.append((self._tracks[int(row)], int(column)))
            shared[row, :] = shared[:, column] = 0
        return pairs

    def _pass(self) -> None:
        for track in self._tracks:
            track.detection = None
            track.unaccounted += 1

    def _sightings(self) -> list[Sighting]:
        return [self._sighting(track) for track in self._tracks if self._confirmed(track)]

    def _confirmed(self, track: _Track) -> bool:
        return track.credible and track.hits >= self._settings.confirm_hits

    @staticmethod
    def _sighting(track: _Track) -> Sighting:
        frames = track.unaccounted if track.seen else 0
        track.unaccounted -= frames
        return Sighting(track.id, track.box, track.detection, frames)
