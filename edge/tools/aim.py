"""`emotion-edge aim`: help for mounting the camera, without showing its picture.

A wider search also finds faces that are too small for the daemon, so that the advice can say how much larger they must
be. Distances follow from the width of a head and the lens: pixels = picture width * 0.16 m / (2 d tan(angle / 2)).
"""

import contextlib
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from edge.camera.camera import source_settings
from edge.camera.errors import CameraEnded
from edge.camera.facts import CameraFacts, Crop
from edge.camera.reader import CameraReader
from edge.camera.sources.base import Luma
from edge.config import Settings, Vision
from edge.contract.records import Mode, Picture
from edge.vision.backlight import is_backlit
from edge.vision.focus import is_out_of_focus
from edge.vision.geometry import Zone, outside
from edge.vision.light import cells, levels, light
from edge.vision.orientation import TURNS, is_turned
from edge.vision.pipeline import Face, Pipeline
from edge.vision.room import RoomSizes

FRAMES = 6
"""That are looked at: people blink and turn, and a condition must hold in most of them."""
USUAL_DEGREES = 66.0
"""Field of view from left to right of camera module 3, for a camera that does not tell its own."""
_FACE_METRES = 0.16
_SETTLING_FRAMES = 5  # exposure of a camera that has just been opened
_PATIENCE = 0.5
_PLACES = (3, 3)
"""Columns and rows of the table of face sizes."""
_KNOWN = 4.0
"""Times between the smallest and the largest face that may be at a place, up to which its size counts as known."""
_SURE = 0.9
"""Probability of a face from which its size is learned."""


@dataclass(frozen=True)
class Lens:
    """What is known of how the camera sees.

    Attributes:
        degrees: field of view of the picture from left to right.
        from_camera: whether the camera, or the user, told it; otherwise it is `USUAL_DEGREES`.
        model: of the camera; empty where unknown.
        crop: left, top, width and height of the picture as shares of the sensor; None where unknown.
        rotation: that is in force, degrees clockwise.
        mirror: whether left and right are exchanged after the rotation.

    """

    degrees: float = USUAL_DEGREES
    from_camera: bool = False
    model: str = ""
    crop: Crop | None = None
    rotation: int = 0
    mirror: bool = False

    @classmethod
    def of(cls, facts: CameraFacts | None, degrees: float | None, *, mirror: bool = False) -> "Lens":
        """Return the lens by what the camera says; `degrees` are the user's, who knows better."""
        facts = facts or CameraFacts()
        told = degrees or facts.field_of_view
        return cls(told or USUAL_DEGREES, told is not None, facts.model, facts.crop, facts.rotation, mirror)

    def upright(self, quarters: int) -> int:
        """Return the rotation with which the picture is upright that now needs `quarters` against the clock for it."""
        # In a mirror image, a larger rotation turns the picture against the clock.
        return (self.rotation + 90 * (quarters if self.mirror else 4 - quarters)) % 360


@dataclass(frozen=True)
class Target:
    """One face.

    Attributes:
        box: x, y, width, height in pixels of the frame.
        pixels: its width in the picture that the daemon searches.
        metres: estimated distance from the lens.
        verdict: whether the daemon counts it.

    """

    box: tuple[int, int, int, int]
    pixels: int
    metres: float
    verdict: str


@dataclass(frozen=True)
class Place:
    """How large faces are at one place of the picture, in pixels of the picture that the daemon searches.

    Attributes:
        zone: left, top, width and height as shares of the picture.
        pixels: expected width of a face in the middle; None where the faces that were seen do not tell it.
        least: width of the smallest face that may be there.
        most: width of the largest.
        verdict: whether the daemon finds faces there.

    """

    zone: Zone
    pixels: int | None
    least: int
    most: int
    verdict: Literal["found", "small ones missed", "too small", "not known"]


@dataclass(frozen=True)
class Aim:
    """The result of `look`.

    Attributes:
        width: of the frame, pixels.
        height: of the frame, pixels.
        frames: that were looked at.
        picture: what hides people in most of them; empty for nothing.
        perhaps: how it may hang, where that rests on a single face, which may be a pattern on a wall; otherwise None.
        rotation: value of `camera.rotation` with which the picture is upright, where it is not, or perhaps; else None.
        lens: that the distances are computed with.
        faces: of the frame with the most, largest first.
        learned_from: faces of all frames from which the sizes by place were learned.
        places: sizes by place, row by row.
        zones: ignored ones.
        reach_metres: distance up to which a face is large enough.
        smallest: pixels that a face must have in the searched picture.
        searched: width of that picture.

    """

    width: int
    height: int
    frames: int
    picture: list[Picture]
    perhaps: Picture | None
    rotation: int | None
    lens: Lens
    faces: list[Target]
    learned_from: int
    places: list[Place]
    zones: tuple[Zone, ...]
    reach_metres: float
    smallest: int
    searched: int


def look(
    settings: Settings, degrees: float | None = None, progress: Callable[[int], object] = lambda _number: None
) -> Aim:
    """Look at a few frames of the configured camera.

    Args:
        settings: of the device.
        degrees: field of view of the lens from left to right; None: as the camera tells.
        progress: called with the number of each frame before it is searched.

    Raises:
        CameraError: the camera gives no frame, or none for `camera.stall_seconds`.

    """
    camera = CameraReader(source_settings(settings.camera))
    try:
        frame = next_frame(camera)
        view = View(settings.vision, Lens.of(camera.facts, degrees, mirror=settings.camera.mirror), settings.mode)
        with contextlib.suppress(CameraEnded):  # of a short video file or a single picture, the last frame is used
            for _ in range(_SETTLING_FRAMES):
                frame = next_frame(camera)
            for number in range(1, FRAMES):
                progress(number)
                view.add(frame)
                frame = next_frame(camera)
        progress(FRAMES)
        view.add(frame)
    finally:
        camera.close()
    return view.aim()


def next_frame(camera: CameraReader) -> Luma:
    """Return a copy of the next (height, width) uint8 frame; raise CameraError where there is none."""
    while (luma := camera.frame(_PATIENCE)) is None:
        pass
    return luma.copy()  # the reader's own is overwritten by the next


class View:
    """What the frames of one camera show: `add` each, then ask for the `aim`."""

    def __init__(self, vision: Vision, lens: Lens, mode: Mode = "emotions") -> None:
        self._vision = vision
        self._lens = lens
        self._mode = mode
        self._pipeline: Pipeline | None = None
        self._shape = (0, 0)
        self._room = RoomSizes()
        self._learned = 0
        self.forget()

    def forget(self) -> None:
        """Begin anew; only the sizes by place stay."""
        self._frames = 0
        self._conditions: Counter[Picture] = Counter()
        self._turns: Counter[int] = Counter()
        self._perhaps: Counter[int] = Counter()
        self._best: list[Face] = []

    def add(self, luma: Luma) -> None:
        """Take a (height, width) uint8 frame; all have the same size."""
        self._shape = luma.shape[0], luma.shape[1]
        self._frames += 1
        picture = cells(luma)
        if light(*levels(picture)) == "too_dark":
            self._conditions["too_dark"] += 1
            return
        self._conditions["out_of_focus"] += is_out_of_focus(luma)
        self._conditions["backlit"] += is_backlit(picture)
        found = self._wide().examine(luma)
        if not found:
            self._turn(luma)
        if len(found) >= len(self._best):
            self._best = found
        sure = np.array([face.box for face in found if face.score >= _SURE], np.int32).reshape(-1, 4)
        self._room.learn(sure, luma.shape[1], luma.shape[0], float(self._frames))
        self._learned += len(sure)

    def aim(self) -> Aim:
        """Return what the frames showed."""
        height, width = self._shape
        searched = round(width * self._shrunk)
        at_one_metre = searched * _FACE_METRES / (2 * math.tan(math.radians(self._lens.degrees) / 2))
        most = {name for name, number in self._conditions.items() if number > self._frames / 2}
        turned, perhaps = (self._in_most_frames(turns) for turns in (self._turns, self._perhaps))
        return Aim(
            width=width,
            height=height,
            frames=self._frames,
            picture=sorted(most | ({TURNS[turned]} if turned else set())),
            perhaps=TURNS[perhaps] if perhaps and not turned else None,
            rotation=self._lens.upright(turned or perhaps) if turned or perhaps else None,
            lens=self._lens,
            faces=sorted(self._targets(at_one_metre), key=lambda face: -face.pixels),
            learned_from=self._learned,
            places=self._places(searched),
            zones=self._vision.ignore,
            reach_metres=round(at_one_metre / self._vision.min_face, 1),
            smallest=self._vision.min_face,
            searched=searched,
        )

    @property
    def _shrunk(self) -> float:
        return min(1.0, self._vision.scan_width / max(self._shape))

    def _wide(self) -> Pipeline:
        """Return what also finds faces that are smaller than those that the daemon finds."""
        if self._pipeline is None:
            wide = {"scan_width": max(self._shape), "min_face": 20, "ignore": ()}
            self._pipeline = Pipeline(self._vision.model_copy(update=wide), self._mode)
        return self._pipeline

    def _turn(self, luma: Luma) -> None:
        """Note in which directions a frame has faces that has none as it is; by the daemon's rule, it takes two."""
        for quarters in TURNS:
            faces = self._wide().count_turned(luma, quarters)
            self._turns[quarters] += is_turned(faces, 0)
            self._perhaps[quarters] += faces > 0

    def _in_most_frames(self, turns: Counter[int]) -> int:
        """Return the quarters that were noted most often, if that is in most frames; otherwise 0."""
        quarters = max(turns, key=turns.__getitem__, default=0)
        return quarters if turns[quarters] > self._frames / 2 else 0

    def _targets(self, at_one_metre: float) -> list[Target]:
        height, width = self._shape
        boxes = np.array([face.box for face in self._best], np.int32).reshape(-1, 4)
        faces = []
        for face, free in zip(self._best, outside(boxes, self._vision.ignore, width, height), strict=True):
            pixels = round(face.box[2] * self._shrunk)
            small = pixels < self._vision.min_face
            verdict = "in an ignored zone" if not free else "too small" if small else "counted"
            faces.append(Target(face.box, pixels, round(at_one_metre / max(1, pixels), 1), verdict))
        return faces

    def _places(self, searched: int) -> list[Place]:
        """Return the sizes at each place; none where no face was seen at all."""
        if not self._learned:
            return []
        across, down = _PLACES
        return [
            self._place((column / across, row / down, 1 / across, 1 / down), searched)
            for row in range(down)
            for column in range(across)
        ]

    def _place(self, zone: Zone, searched: int) -> Place:
        left, top, width, height = zone
        least, most = (share * searched for share in self._room.possible(left + width / 2, top + height / 2, 0.0, 0.0))
        expected = math.sqrt(least * most)
        smallest = self._vision.min_face
        if most > _KNOWN * least:
            return Place(zone, None, round(least), round(most), "not known")
        verdict: Literal["found", "small ones missed", "too small"] = (
            "found" if least >= smallest else "small ones missed" if expected >= smallest else "too small"
        )
        return Place(zone, round(expected), round(least), round(most), verdict)


def judge(frames: Sequence[Luma], vision: Vision, lens: Lens, mode: Mode = "emotions") -> Aim:
    """Return what (height, width) uint8 frames of one camera show."""
    view = View(vision, lens, mode)
    for luma in frames:
        view.add(luma)
    return view.aim()
