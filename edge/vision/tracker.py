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
_TRIES = 16
"""Searches after which a face that was never found surely enough is searched no more often than its surroundings."""
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


@dataclass(frozen=True)
class Places:
    """Where people were seen last, one row for each track.

    Attributes:
        boxes: (T, 4) pixels.
        confirmed: (T,) whether it is a person; otherwise a face that is yet to be confirmed.
        unsettled: (T,) whether the next search should come soon: yet to be confirmed, or missed by the latest look.
        weak: (T,) whether it was found more than once but never surely enough, and is worth another search.
        sure: (T,) whether the latest look was sure of the face.
        taken: (T,) whether someone else is there now.
        searched_at: (T,) when a search could have found the face last, seconds.
        looked_at: (T,) the same of a search or of a look at this very place.

    """

    boxes: Boxes
    confirmed: NDArray[np.bool_]
    unsettled: NDArray[np.bool_]
    weak: NDArray[np.bool_]
    sure: NDArray[np.bool_]
    taken: NDArray[np.bool_]
    searched_at: NDArray[np.float64]
    looked_at: NDArray[np.float64]


@dataclass(frozen=True)
class Looked:
    """What was looked at in a frame, and what was found.

    Attributes:
        boxes: (N, 4) faces that were found, pixels.
        credible: (N,) whether each is sure enough to make a person.
        sure: (N,) whether the model is sure that it is a face: it need not be searched for so soon.
        by_search: (N,) whether a search has found it; otherwise the model has, at a known place.
        before: (N,) frames since each place was searched or unchanged.
        searched: (T,) which of the tracks' places were searched.
        checked: (T,) where the model alone has found the face.
        changed: (T,) where the picture differs from when it was searched last.

    """

    boxes: Boxes
    credible: NDArray[np.bool_]
    sure: NDArray[np.bool_]
    by_search: NDArray[np.bool_]
    before: NDArray[np.float64]
    searched: NDArray[np.bool_]
    checked: NDArray[np.bool_]
    changed: NDArray[np.bool_]


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
    searched_at: float = 0.0
    looked_at: float = 0.0
    searches: int = 1
    between: float = 0.0
    since_look: int = 0
    sure: bool = False

    @property
    def seen(self) -> bool:
        return self.misses == 0


class Tracker:
    """Turns what is found in successive frames into people: call `update` for each frame.

    Times are seconds of a clock that never steps. Someone is forgotten who was not seen for `memory_seconds` and whom
    two looks in a row have missed: a single miss is a flicker of the detector, a turned head. A face that is yet to be
    confirmed is forgotten after `memory_seconds`, or at the second search that misses it where searches are rarer.
    """

    def __init__(self, settings: Vision) -> None:
        self._settings = settings
        self._tracks: list[_Track] = []
        self._ids = itertools.count()
        self._told = False

    @property
    def can_tell(self) -> bool:
        """Whether the faces that were found at the start, or after `reset`, were searched often enough to confirm."""
        return self._told or not self._tracks

    def places(self) -> Places:
        """Return where people, and faces that are yet to be confirmed, were seen last."""
        tracks = self._tracks
        boxes = _stacked(tracks)
        seen = np.array([track.seen for track in tracks], bool)
        return Places(
            boxes,
            np.array([self._confirmed(track) for track in tracks], bool),
            np.array([self._unsettled(track) for track in tracks], bool),
            np.array([track.seen and not track.credible and track.searches < _TRIES for track in tracks], bool),
            np.array([track.sure for track in tracks], bool),
            ~seen & same_face(boxes, boxes[seen]).any(1),
            np.array([track.searched_at for track in tracks], float),
            np.array([track.looked_at for track in tracks], float),
        )

    def lost(self, boxes: Boxes) -> NDArray[np.bool_]:
        """Return for each track whether it is a confirmed person whom none of the (M, 4) faces of a search can be."""
        matched = {track.id for track, _ in self._match(boxes)}
        candidates = np.array([track.id not in matched and self._confirmed(track) for track in self._tracks], bool)
        lost: NDArray[np.bool_] = candidates & ~same_face(_stacked(self._tracks), boxes).any(1)
        return lost

    def update(self, looked: Looked, now: float) -> list[Sighting]:
        """Take what was found in a frame, return the people who count in it.

        Args:
            looked: its rows of tracks are those of `places` for the same frame.
            now: when the frame was taken.

        """
        matched = {track.id: index for track, index in self._match(looked.boxes)}
        new = set(range(len(looked.boxes))) - set(matched.values())
        taken_back = {}
        for row, track in enumerate(self._tracks):
            track.detection = None
            track.unaccounted += 1
            index = matched.get(track.id)
            searched = bool(looked.searched[row]) or (index is not None and bool(looked.by_search[index]))
            if searched:
                track.between, track.searched_at = now - track.searched_at, now
                track.searches += 1
            if index is not None:
                self._found(track, looked, index, now)
            elif searched or looked.checked[row]:
                taken_back[track.id] = self._missed(track, now)
            else:
                self._held(track, now, changed=bool(looked.changed[row]))
        for index in sorted(new):
            if looked.by_search[index]:
                self._begin(looked, index, now)
        self._told |= all(track.searches >= self._settings.confirm_hits for track in self._tracks if track.seen)
        return self._sightings(now, taken_back)

    def _begin(self, looked: Looked, index: int, now: float) -> None:
        box, credible = looked.boxes[index], bool(looked.credible[index])
        unaccounted = 1 + float(looked.before[index]) / 2
        self._tracks.append(
            _Track(next(self._ids), box, credible, now, unaccounted, detection=index, searched_at=now, looked_at=now)
        )

    @staticmethod
    def _held(track: _Track, now: float, *, changed: bool) -> None:
        """Take a frame in which nobody looked: where nothing changed, nobody has come or gone."""
        if changed:
            track.since_look += 1
            return
        track.since_look = 0
        track.seen_at = now if track.seen else track.seen_at

    def reset(self) -> None:
        """Forget everyone, as after a gap in the frames."""
        self._tracks.clear()
        self._told = False

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

    def _missed(self, track: _Track, now: float) -> float:
        """Note that a look has missed someone; return how many frames were counted too many since the look before."""
        since_look, track.since_look = track.since_look, 0
        track.looked_at = now
        track.misses += 1
        if track.misses > 1 or not self._confirmed(track):
            return 0.0
        too_many = since_look / 2
        track.unaccounted += too_many
        return too_many

    @staticmethod
    def _found(track: _Track, looked: Looked, index: int, now: float) -> None:
        track.detection = index
        track.sure = bool(looked.sure[index])
        track.misses = track.since_look = 0
        track.seen_at = track.looked_at = now
        if looked.by_search[index]:
            track.box = looked.boxes[index]
            track.hits += 1
            track.credible |= bool(looked.credible[index])

    def _unsettled(self, track: _Track) -> bool:
        if self._confirmed(track):
            return not track.seen
        return track.misses < _LOOKS_TO_LEAVE and track.hits < self._settings.confirm_hits

    def _sightings(self, now: float, taken_back: dict[int, float]) -> list[Sighting]:
        self._tracks = [track for track in self._tracks if not self._is_forgotten(track, now)]
        return [
            self._sighting(track, taken_back.get(track.id, 0.0)) for track in self._tracks if self._confirmed(track)
        ]

    def _is_forgotten(self, track: _Track, now: float) -> bool:
        memory, age = self._settings.memory_seconds, now - track.seen_at
        if self._confirmed(track):
            return track.misses >= _LOOKS_TO_LEAVE and age > memory
        return track.misses > 0 and age > max(memory, _SCANS_TO_CONFIRM * track.between)

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
