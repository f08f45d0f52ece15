"""`emotion-edge aim`: help for mounting the camera, without showing its picture.

A wider search also finds faces that are too small for the daemon, so that the advice can say how much larger they must
be. Distances follow from the width of a head and the lens: pixels = picture width * 0.16 m / (2 d tan(angle / 2)).
"""

import contextlib
import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from edge.camera.camera import source_settings
from edge.camera.errors import CameraEnded
from edge.camera.reader import CameraReader
from edge.camera.sources.base import Luma
from edge.config import Settings, Vision
from edge.contract.records import Mode
from edge.vision.geometry import Zone, outside
from edge.vision.pipeline import Pipeline

_FACE_METRES = 0.16
_SETTLING_FRAMES = 5  # exposure of a camera that has just been opened
_PATIENCE = 0.5
_COLUMNS = 72
_CELL = 2  # a character is about twice as high as wide


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
class Aim:
    """The result of `look`.

    Attributes:
        width: of the frame, pixels.
        height: of the frame, pixels.
        faces: largest first.
        zones: ignored ones.
        reach_metres: distance up to which a face is large enough.
        smallest: pixels that a face must have in the searched picture.
        searched: width of that picture.

    """

    width: int
    height: int
    faces: list[Target]
    zones: tuple[Zone, ...]
    reach_metres: float
    smallest: int
    searched: int


def look(settings: Settings, field_of_view: float) -> Aim:
    """Look at one frame of the configured camera.

    Args:
        settings: of the device.
        field_of_view: of the lens from left to right, degrees.

    Raises:
        CameraError: the camera gives no frame, or none for `camera.stall_seconds`.

    """
    camera = CameraReader(source_settings(settings.camera))
    try:
        luma = _frame(camera)
        with contextlib.suppress(CameraEnded):  # of a short video file or a single picture, the last frame is used
            for _ in range(_SETTLING_FRAMES):
                luma = _frame(camera)
    finally:
        camera.close()
    return judge(luma, settings.vision, field_of_view, settings.mode)


def _frame(camera: CameraReader) -> Luma:
    while (luma := camera.frame(_PATIENCE)) is None:
        pass
    return luma.copy()  # the reader's own is overwritten by the next


def judge(luma: Luma, vision: Vision, field_of_view: float, mode: Mode = "emotions") -> Aim:
    """Return the faces of a (height, width) uint8 frame, and whether each is large enough."""
    height, width = luma.shape
    shrunk = min(1.0, vision.scan_width / max(width, height))
    searched = round(width * shrunk)
    at_one_metre = searched * _FACE_METRES / (2 * math.tan(math.radians(field_of_view) / 2))
    wide = vision.model_copy(update={"scan_width": max(width, height), "min_face": 20, "ignore": ()})
    found = Pipeline(wide, mode).examine(luma)
    boxes = np.array([face.box for face in found], np.int32).reshape(-1, 4)
    faces = []
    for face, free in zip(found, outside(boxes, vision.ignore, width, height), strict=True):
        pixels = round(face.box[2] * shrunk)
        verdict = "in an ignored zone" if not free else "too small" if pixels < vision.min_face else "counted"
        faces.append(Target(face.box, pixels, round(at_one_metre / max(1, pixels), 1), verdict))
    return Aim(
        width=width,
        height=height,
        faces=sorted(faces, key=lambda face: -face.pixels),
        zones=vision.ignore,
        reach_metres=round(at_one_metre / vision.min_face, 1),
        smallest=vision.min_face,
        searched=searched,
    )


def report(aim: Aim, *, as_json: bool) -> str:
    """Return the text to print: a sketch of the positions (never the picture), a list of faces, and advice."""
    if as_json:
        return json.dumps(asdict(aim))
    lines = [*_sketch(aim), ""]
    lines += [
        f"{number:>3}  {face.box[2]:>4} x {face.box[3]:<4} at {face.box[0]},{face.box[1]}  "
        f"{face.pixels:>3} px searched, about {face.metres:.1f} m: {face.verdict}"
        for number, face in enumerate(aim.faces, 1)
    ]
    return "\n".join([*lines, *_advice(aim)])


def _advice(aim: Aim) -> list[str]:
    reach = f"up to about {aim.reach_metres:.1f} m here"
    lines = [f"Faces of at least {aim.smallest} of {aim.searched} pixels are found: {reach}."]
    small = [face for face in aim.faces if face.verdict == "too small"]
    if small:
        farthest = max(face.metres for face in small)
        times = farthest / aim.reach_metres
        wider = min(3840, math.ceil(aim.searched * times / 160) * 160)
        lines.append(
            f"{len(small)} too small, the farthest at about {farthest:.1f} m: mount the camera "
            f"{farthest - aim.reach_metres:.1f} m nearer, use a lens with {times:.1f} times the focal length, "
            f"or set vision.scan_width = {wider} (a search costs {times * times:.1f} times as much)."
        )
    if not aim.faces:
        lines.append("No face in view. Sit down where the farthest person will sit, look at the camera, and try again.")
    return lines


def _sketch(aim: Aim) -> list[str]:
    rows = max(1, round(_COLUMNS * aim.height / aim.width / _CELL))
    cells = [[" "] * _COLUMNS for _ in range(rows)]

    def fill(box: Sequence[float], edge: str, inside: str) -> None:
        left, top = int(box[0] * _COLUMNS), int(box[1] * rows)
        right = max(left, min(_COLUMNS - 1, math.ceil((box[0] + box[2]) * _COLUMNS) - 1))
        bottom = max(top, min(rows - 1, math.ceil((box[1] + box[3]) * rows) - 1))
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                border = row in (top, bottom) or column in (left, right)
                cells[row][column] = edge if border else inside

    for zone in aim.zones:
        fill(zone, "░", "░")
    for number, face in enumerate(aim.faces, 1):
        x, y, w, h = face.box
        box = (x / aim.width, y / aim.height, w / aim.width, h / aim.height)
        fill(box, "·" if face.verdict == "too small" else "#", " ")
        middle, across = int((box[1] + box[3] / 2) * rows), int((box[0] + box[2] / 2) * _COLUMNS)
        for offset, digit in enumerate(str(number)):
            cells[min(rows - 1, middle)][min(_COLUMNS - 1, across + offset)] = digit
    return ["┌" + "─" * _COLUMNS + "┐", *("│" + "".join(row) + "│" for row in cells), "└" + "─" * _COLUMNS + "┘"]
