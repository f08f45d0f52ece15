"""Short-lived tracks, so that a flicker of the detector is neither a person nor the loss of one.

Two thresholds as in ByteTrack (Zhang et al., ECCV 2022): no track becomes a person without a credible detection, while
weaker ones keep it alive. Ids mean nothing outside this process and end with the track.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.config import Vision
from edge.vision.geometry import Boxes, overlap, same_face

_SAME_PERSON = 0.2
"""Least overlap of a track's box with a detection; heads move half their width between frames, rarely more."""
_LOOKS_TO_LEAVE = 2
"""Looks in a row that miss someone who has left."""
_SCANS_TO_CONFIRM = 1.5
"""Times between scans for which a face is kept that is yet to be confirmed: one scan may miss it, however late."""


@dataclass(frozen=True)
class Sighting:
    """A person in one frame, seen or remembered.

    Attributes:
        track: id, unique within this process.
        box: (4,) int32, the last known place, pixels.
        detection: index of the face among this very frame's detections, or boxes; None where it was not looked at.
        seen: whether the latest look found the face; otherwise the person is only remembered.
        frames: how many frames this sighting adds to those in which the person was in view. It takes a second sighting
            to believe a first one, and a gap may end with being seen again: such frames are made up for at once. A
            frame in which someone is only remembered adds none. Between two looks of which one has seen the person and
            the other has not, they were in view for half of the time, as far as anyone knows: half of the frames since
            the look before are added to a first sighting, and taken back (so this is negative) at the first miss.

    """

    track: int
    box: Boxes
    detection: int | None
    seen: bool
    frames: float


@dataclass
class _Track:
    id: int
    box: Boxes
    credible: bool
    seen_at: float
    unaccounted: float
    hits: int = 1
    detection: int | None = None
    misses: int = 0

    @property
    def seen(self) -> bool:
        return self.misses == 0


class Tracker:
    """Turns what is found in successive frames into people: call one of `update`, `recheck`, `hold` for each.

    Times are seconds of a clock that never steps. Someone is forgotten who was not seen for `memory_seconds` and whom
    two looks in a row have missed: a single miss is a flicker of the detector, a turned head. A face that is yet to be
    confirmed is forgotten after `memory_seconds`, or at the second scan that misses it where scans are rarer than that.
    """

    def __init__(self, settings: Vision) -> None:
        self._settings = settings
        self._tracks: list[_Track] = []
        self._ids = itertools.count()
        self._since_look = 0
        self._since_scan = 0
        self._scans = 0
        self._scanned_at = 0.0
        self._between = 0.0

    @property
    def can_tell(self) -> bool:
        """Whether there were scans enough since the start, or since `reset`, to confirm the faces that were found."""
        return self._scans >= self._settings.confirm_hits or not self._tracks

    @property
    def unsettled(self) -> bool:
        """Whether the next scan should come soon: someone is yet to be confirmed, or was missed by the latest look."""
        return any(
            not track.seen if self._confirmed(track) else track.seen and track.hits < self._settings.confirm_hits
            for track in self._tracks
        )

    def boxes(self) -> Boxes:
        """Return the (N, 4) places where people were seen last, but those where someone else is now."""
        return _stacked(self._places())

    def lost(self, boxes: Boxes) -> Boxes:
        """Return the (N, 4) places of confirmed people whom none of the (M, 4) faces of a scan can be.

        The cascade misses faces in every other frame, so that it is worth to look there once more.
        """
        matched = {track.id for track, _ in self._match(boxes)}
        places = _stacked([track for track in self._tracks if track.id not in matched and self._confirmed(track)])
        lost: Boxes = places[~same_face(places, boxes).any(1)]
        return lost

    def update(self, boxes: Boxes, credible: NDArray[np.bool_], now: float) -> list[Sighting]:
        """Take the faces found in a frame that was searched, return the people who count in it.

        Args:
            boxes: (N, 4) of the faces.
            credible: (N,) whether each is sure enough to make a person.
            now: when the frame was taken.

        """
        self._pass()
        self._between = now - self._scanned_at if self._scans else 0.0
        self._scanned_at = now
        self._scans += 1
        new = set(range(len(boxes)))
        matched = {track.id: index for track, index in self._match(boxes)}
        taken_back = {}
        for track in self._tracks:
            index = matched.get(track.id)
            if index is None:
                taken_back[track.id] = self._missed(track)
                continue
            new.discard(index)
            track.box = boxes[index]
            track.hits += 1
            track.credible |= bool(credible[index])
            self._found(track, index, now)
        self._tracks += [
            _Track(next(self._ids), boxes[i], bool(credible[i]), now, 1 + self._since_scan / 2, detection=i)
            for i in sorted(new)
        ]
        self._since_look = self._since_scan = 0
        return self._sightings(now, taken_back)

    def recheck(self, still: NDArray[np.bool_], now: float) -> list[Sighting]:
        """Take a frame in which only `boxes` were looked at: (N,) whether a face is still in each.

        Someone whose face is not there has moved or left; which of the two, the next scan tells.
        """
        self._pass()
        places = {track.id: index for index, track in enumerate(self._places())}
        taken_back = {}
        for track in self._tracks:
            index = places.get(track.id)
            if index is not None and still[index]:
                self._found(track, index, now)
            else:
                taken_back[track.id] = self._missed(track)
        self._since_look = 0
        self._since_scan += 1
        return self._sightings(now, taken_back)

    def hold(self, now: float, *, moved: bool) -> list[Sighting]:
        """Take a frame that was not looked at: those who were seen before are seen again.

        Args:
            now: when it was taken.
            moved: whether it differs from the frame that was scanned last. Where not, nobody has come or gone.

        """
        self._pass()
        if moved:
            self._since_look += 1
            self._since_scan += 1
        else:
            self._since_look = self._since_scan = 0
            for track in self._tracks:
                track.seen_at = now if track.seen else track.seen_at
        return self._sightings(now, {})

    def reset(self) -> None:
        """Forget everyone, as after a gap in the frames."""
        self._tracks.clear()
        self._since_look = self._since_scan = self._scans = 0

    def _places(self) -> list[_Track]:
        seen = [track for track in self._tracks if track.seen]
        missed = [track for track in self._tracks if not track.seen]
        taken = same_face(_stacked(missed), _stacked(seen)).any(1)
        return seen + [track for track, is_taken in zip(missed, taken, strict=True) if not is_taken]

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

    def _missed(self, track: _Track) -> float:
        """Note that a look has missed someone; return how many frames were counted too many since the look before."""
        track.misses += 1
        if track.misses > 1 or not self._confirmed(track):
            return 0.0
        too_many = self._since_look / 2
        track.unaccounted += too_many
        return too_many

    @staticmethod
    def _found(track: _Track, index: int, now: float) -> None:
        track.detection = index
        track.misses = 0
        track.seen_at = now

    def _sightings(self, now: float, taken_back: dict[int, float]) -> list[Sighting]:
        self._tracks = [track for track in self._tracks if not self._is_forgotten(track, now)]
        return [
            self._sighting(track, taken_back.get(track.id, 0.0)) for track in self._tracks if self._confirmed(track)
        ]

    def _is_forgotten(self, track: _Track, now: float) -> bool:
        memory, age = self._settings.memory_seconds, now - track.seen_at
        if self._confirmed(track):
            return track.misses >= _LOOKS_TO_LEAVE and age > memory
        return track.misses > 0 and age > max(memory, _SCANS_TO_CONFIRM * self._between)

    def _confirmed(self, track: _Track) -> bool:
        return track.credible and track.hits >= self._settings.confirm_hits

    @staticmethod
    def _sighting(track: _Track, taken_back: float) -> Sighting:
        frames = track.unaccounted if track.seen else -taken_back
        if track.seen:
            track.unaccounted = 0
        return Sighting(track.id, track.box, track.detection, track.seen, frames)


def _stacked(tracks: list[_Track]) -> Boxes:
    """Return the (N, 4) boxes of tracks."""
    return np.array([track.box for track in tracks], np.int32).reshape(-1, 4)
