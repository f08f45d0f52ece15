"""Short-lived tracks, so that a flicker of the detector is neither a person nor the loss of one.

Two thresholds as in ByteTrack (Zhang et al., ECCV 2022): only credible detections make a new person, weaker ones keep
a known one alive. Ids mean nothing outside this process and end with the track.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from edge.config import Vision
from edge.vision.boxes import Boxes, overlap
from edge.vision.detector import Detections

_SAME_PERSON = 0.2
"""Least overlap of a track's box with a detection; heads move half their width between frames, rarely more."""


@dataclass(frozen=True)
class Sighting:
    """A counted person in one frame.

    Attributes:
        track: id, unique within this process.
        box: (4,) int32, the last known place, pixels.
        seen: whether the face was detected in this very frame, or is held from memory.

    """

    track: int
    box: Boxes
    seen: bool


@dataclass
class _Track:
    id: int
    box: Boxes
    hits: int
    missed: int = 0


class Tracker:
    """Turns the detections of successive frames into people."""

    def __init__(self, settings: Vision) -> None:
        self._settings = settings
        self._tracks: list[_Track] = []
        self._ids = itertools.count()

    def update(self, detections: Detections) -> list[Sighting]:
        """Take one frame's detections, return the people who count in it."""
        boxes, neighbors = detections.boxes, detections.neighbors
        credible = neighbors >= self._settings.confirm_neighbors
        free = set(range(len(boxes)))
        for track, index in self._match(boxes):
            free.discard(index)
            track.box = boxes[index]
            track.missed = -1
            track.hits += int(credible[index])
        for index in sorted(free):
            if credible[index]:
                self._tracks.append(_Track(next(self._ids), boxes[index], hits=1, missed=-1))
        for track in self._tracks:
            track.missed += 1
        self._tracks = [track for track in self._tracks if track.missed <= self._patience(track)]
        return [Sighting(track.id, track.box, track.missed == 0) for track in self._tracks if self._confirmed(track)]

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

    def _confirmed(self, track: _Track) -> bool:
        return track.hits >= self._settings.confirm_hits

    def _patience(self, track: _Track) -> int:
        return self._settings.memory_frames if self._confirmed(track) else self._settings.confirm_hits
