"""Short-lived tracks, so that a flicker of the detector is neither a person nor the loss of one.

Two thresholds as in ByteTrack (Zhang et al., ECCV 2022): no track becomes a person without a credible detection, while
weaker ones keep it alive. Ids mean nothing outside this process and end with the track.
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
        detection: index of the face among this very frame's detections; None where it is held from memory.
        frames: how many frames this sighting accounts for. Someone was there since the first sighting, although it
            takes a second one to believe it, and during a gap that ends with being seen again: such frames are made
            up for at once. A frame in which someone is only held accounts for none, yet.

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
    missed: int = 0
    unaccounted: int = 1


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
        for track in self._tracks:
            track.detection = None
            track.missed += 1
            track.unaccounted += 1
        for track, index in self._match(boxes):
            free.discard(index)
            track.box = boxes[index]
            track.detection = index
            track.missed = 0
            track.hits += 1
            track.credible |= bool(credible[index])
        self._tracks = [track for track in self._tracks if track.missed <= self._settings.memory_frames]
        self._tracks += [
            _Track(next(self._ids), boxes[index], bool(credible[index]), detection=index) for index in sorted(free)
        ]
        return [self._sighting(track) for track in self._tracks if self._confirmed(track)]

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
        return track.credible and track.hits >= self._settings.confirm_hits

    @staticmethod
    def _sighting(track: _Track) -> Sighting:
        frames = 0 if track.detection is None else track.unaccounted
        track.unaccounted -= frames
        return Sighting(track.id, track.box, track.detection, frames)
