"""Which parts of a frame to search: those that changed, where people are, and slices of the whole in turn.

The camera does not move, so nearly all that a search of the whole picture looks at is the same wall as before. What did
not change since it was searched keeps its answer. `docs/design/search.md` explains the loop.
"""

import math

import numpy as np
from numpy.typing import NDArray

from edge.config import Vision
from edge.vision.geometry import Boxes
from edge.vision.grid import Grid
from edge.vision.motion import Mask
from edge.vision.regions import NEAR, Region, around, large, merged
from edge.vision.room import RoomSizes
from edge.vision.slices import Slices
from edge.vision.tracker import Places

_NEARBY, _FAR = (1.6, 1.3), (2.2, 1.5)
"""Width of the search around a face that is known, or may be lost, and the sizes that it may have there, in its own."""
_SURE = 2.0
"""How many times as long a face waits for the next search around it that the model is sure of."""
_HEAD = 0.5
"""Around a known face, in its own size, what changes is mostly its hair and neck: only slices search there."""
_FACE, _AROUND, _RECENT = 0.7, 0.25, 4.0
"""Around what changed, what changed within so many times between two searches is searched, too: up to 0.7 faces away,
with a quarter of a face around it. Of someone who sits, only the mouth may have moved since the latest search."""
_ANOTHER_VIEW = 0.35
"""Share of the picture that changes where the camera was moved far or the light switched: the room is forgotten then.
Twelve people who move all the time change up to 0.24. After a smaller move it is forgotten by time."""
_BUDGET, _BUDGET_OF_KNOWN = 0.25, 0.75
"""Share of the picture that is searched in a frame, and that around known faces, where only sizes like theirs are
searched: of the first, these take a third of their area."""
_WAITS = np.array([1.0, 1.0, 1.0, 2.0, 4.0])
"""Where something moves all the time: times between two searches after none, one, … of them without a face."""
_QUIET = 4.0
"""Times between two searches without a change after which a place counts as still again."""
_PEOPLED_SECONDS = 120.0
"""Where someone was seen so recently the wait does not grow: they may look up again."""


class SearchPlan:
    """Remembers when each part of the picture was searched; decides what to search in the next frame. One thread."""

    def __init__(self, settings: Vision) -> None:
        self._settings = settings
        self._grid = Grid(1, 1, (1, 1))
        self._slices: Slices | None = None
        self._room = RoomSizes()
        self._searched_at: NDArray[np.float64] = np.empty((0, 0))
        self._peopled_at: NDArray[np.float64] = np.empty((0, 0))
        self._fruitless: NDArray[np.int32] = np.empty((0, 0), np.int32)
        self._frames: NDArray[np.float64] = np.empty((0, 0))
        self._changed_at: NDArray[np.float64] = np.empty((0, 0))
        self._counted: Mask = np.empty((0, 0), bool)
        self._large_at = self._frame_at = 0.0

    def reset(self) -> None:
        """Let the next frame be searched as a whole; forget the room."""
        self._slices = None
        self._room = RoomSizes()
        self._peopled_at = np.empty((0, 0))

    def frames_before(self, boxes: Boxes) -> NDArray[np.float64]:
        """Return for (N, 4) boxes how many frames before this one have changed there since the place was searched."""
        # The median: a neighbour's shoulder may have moved in a corner of the place for long.
        cells = (self._frames[self._grid.at(box)] for box in boxes)
        return np.array([max(0.0, float(np.median(part)) - 1) if part.size else 0.0 for part in cells], np.float64)

    def changed_at(self, boxes: Boxes, changed: Mask) -> NDArray[np.bool_]:
        """Return for (N, 4) boxes whether anything changed there."""
        return np.array([changed[self._grid.at(box)].any() for box in boxes], bool)

    def regions(self, size: tuple[int, int], changed: Mask, places: Places, now: float, between: float) -> list[Region]:
        """Return what to search in a frame; nothing in most.

        Args:
            size: width and height of the frame.
            changed: its cells that differ from when they were searched last.
            places: where people are.
            now: when it was taken.
            between: seconds between two searches of the same place where something moves.

        """
        if self._slices is None:
            return self._begin(size, changed.shape, now)
        if changed.mean() >= _ANOTHER_VIEW:
            self._room = RoomSizes()
        self._room.learn(places.boxes[places.confirmed & ~places.unsettled], *size, now)
        rows = _due(places, self.changed_at(places.boxes, changed), now, between)
        found = self.around(places.boxes[rows], lost=((places.unsettled & places.confirmed) | places.weak)[rows])
        known = self._grid.touched(_enlarged(places.boxes[places.confirmed]))
        self._peopled_at[known] = now
        self._peopled_at[now - self._peopled_at >= _PEOPLED_SECONDS] = -math.inf  # not to remember it for days
        if changed.any():
            due = self._due_cells(changed & self._counted, now, between) & ~known
            # A device that takes a frame as rarely as it searches has the time for all of it.
            share = _BUDGET if now - self._frame_at < between else math.inf
            found += self._background(due, known, now, between, share - sum(map(self._cost, found)) / 3)
        else:
            self._frames[:] = 0
        self._frame_at = now
        if self._slices.late(now) >= (between if found else 0.0):
            found += self._slices.take(now, self._room)
        return found

    def searched(self, regions: list[Region], boxes: Boxes, now: float) -> Mask:
        """Note that regions were searched and (N, 4) faces found; return the cells whose answer is known now."""
        width, height = self._grid.width, self._grid.height
        least = large(width, height).least
        cores = [region.core(width, height) for region in regions if region.least < least]
        marked = self._grid.touched(np.array([*cores, *boxes]).reshape(-1, 4))
        self._fruitless[marked & (self._frames > 0)] += 1
        self._fruitless[self._grid.touched(_enlarged(boxes))] = 0
        self._searched_at[marked] = now
        self._frames[marked] = 0
        return marked

    def around(self, boxes: Boxes, *, lost: NDArray[np.bool_]) -> list[Region]:
        """Return regions around the first of (N, 4) boxes, as many as the budget allows, but one in any case.

        Args:
            boxes: where faces were.
            lost: (N,) whether the latest look did not find each there, so that it may be further away.

        """
        regions: list[Region] = []
        budget = _BUDGET_OF_KNOWN
        for box, far in zip(boxes, lost, strict=True):
            region = around(box, *(_FAR if far else _NEARBY), self._grid.width, self._grid.height)
            budget -= self._cost(region)
            if budget < 0 and regions:
                break
            regions.append(region)
        return regions

    def _begin(self, size: tuple[int, int], cells: tuple[int, ...], now: float) -> list[Region]:
        """Search the whole picture now, and its slices one after the other from now on."""
        self._grid = Grid(*size, cells)
        self._slices = Slices(self._grid, self._settings.still_seconds, now)
        self._searched_at = np.full(cells, now)
        self._peopled_at = np.full(cells, -math.inf)
        self._fruitless = np.zeros(cells, np.int32)
        self._frames = np.zeros(cells)
        self._changed_at = np.full(cells, -math.inf)
        self._counted = ~self._grid.within(self._settings.ignore)
        self._large_at = self._frame_at = now
        return [Region(0, 0, *size)]

    def _due_cells(self, changed: Mask, now: float, between: float) -> Mask:
        """Return the cells that changed and were not searched for long enough."""
        assert self._slices is not None
        self._slices.moved(changed)
        self._frames = np.where(changed, self._frames + 1, 0.0)
        self._fruitless[now - self._changed_at >= _QUIET * between] = 0
        self._changed_at[changed] = now
        since = now - self._searched_at
        wait = _WAITS[np.minimum(self._fruitless, len(_WAITS) - 1)]
        wait[now - self._peopled_at < _PEOPLED_SECONDS] = 1.0
        due: Mask = changed & (since >= between * wait)
        return due

    def _background(self, due: Mask, known: Mask, now: float, between: float, budget: float) -> list[Region]:
        """Return rectangles around what changed; if that is too much for a frame, where it was searched longest ago."""
        if not due.any():
            return []
        found = self._rectangles(due, known, now, between)
        near = self._room.plausible(large(self._grid.width, self._grid.height), self._grid)
        is_large = any(min(one.width, one.height) >= near.least for one in found)
        if sum(map(self._cost, found)) > budget:
            oldest = np.where(due, self._searched_at, math.inf).min(0).argmin()
            half = math.ceil(max(NEAR, budget) * due.shape[1] / 2)
            start = int(np.clip(oldest - half, 0, due.shape[1] - 2 * half))
            part = np.zeros(due.shape, bool)
            part[:, start : start + 2 * half] = due[:, start : start + 2 * half]
            found = self._rectangles(part, known, now, between)
        if is_large and near.most > NEAR * self._grid.longest and now - self._large_at >= between:
            self._large_at = now
            found.append(near)
        return found

    def _rectangles(self, due: Mask, known: Mask, now: float, between: float) -> list[Region]:
        """Return rectangles around what changed, large enough for a face of which only a part has moved."""
        longest = self._grid.longest
        most = min(self._room.possible(0, 0, 1, 1)[1] * self._grid.width, NEAR * longest)
        smallest = self._settings.min_face * max(1.0, longest / self._settings.scan_width)
        recent = (now - self._changed_at < _RECENT * between) & ~known
        grown = self._grid.grown(due, most * _FACE) & self._grid.grown(recent, most * _AROUND)
        found = []
        for rectangle in self._grid.rectangles(grown, most * _AROUND):
            region = self._room.plausible(rectangle.of_sizes(smallest, NEAR * longest), self._grid)
            if region.most > region.least:
                found.append(region)
            else:  # no face can be there
                core = region.core(self._grid.width, self._grid.height)
                self._searched_at[self._grid.at(core)] = now
        return merged(found)

    def _cost(self, region: Region) -> float:
        """Return the share of the picture that a region covers: about the share of the cost of a search."""
        return region.width * region.height / (self._grid.width * self._grid.height)


def _due(places: Places, moved: NDArray[np.bool_], now: float, between: float) -> NDArray[np.int64]:
    """Return the places around which to search, those first whose turn is longest overdue."""
    age = now - places.searched_at
    patience = np.where(places.sure & places.confirmed, _SURE, 1.0)
    soon = places.unsettled & (age >= between / 2)
    due = ((moved | places.weak) & (age >= between * patience) & ~places.taken) | soon
    rows = np.flatnonzero(due)
    oldest_first: NDArray[np.int64] = rows[np.argsort(places.searched_at[rows], kind="stable")]
    return oldest_first


def _enlarged(boxes: Boxes) -> NDArray[np.float64]:
    """Return (N, 4) boxes with what moves together with a face."""
    sizes = boxes[:, 2:].astype(np.float64)
    return np.hstack([boxes[:, :2] - _HEAD * sizes, (1 + 2 * _HEAD) * sizes])
