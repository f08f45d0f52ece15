"""Where faces are, as coarsely as a person who mounts a camera needs it: what the set-up page gets of the camera.

Cells and a few sizes instead of pixels, no more faces than help, a message every two seconds, and a limit for all of
them: `docs/design/privacy.md` states how many bits that is.
"""

from typing import Annotated, Literal

from pydantic import Field

from edge.contract.records import CameraProblem, Record

COLUMNS, ROWS = 40, 24
"""Cells of the picture in which the middle of a face is told."""
SIZES = (0.02, 0.03, 0.045, 0.0675, 0.1, 0.15, 0.23)
"""Widths of a face as shares of the picture's width; each is half as much again as the one before."""
MOST_FACES = 12
MOST_COUNTED = 60
"""Above it, the number of faces is told as this one."""
SECONDS = 2.0
"""From one message to the next."""
MOST_MESSAGES = 300
"""In all: ten minutes of an open camera."""
MAX_LINE = 2048
"""Bytes of a message, a line of JSON."""

Shape = Literal["16:9", "4:3", "1:1", "3:4", "9:16"]
"""Width to height of the picture, the nearest of these."""
Hidden = Literal["too_dark", "out_of_focus", "upside_down", "on_its_side", "backlit"]
"""What hides people in a picture."""
Turned = Literal["upside_down", "on_its_side"]
Number = Annotated[int, Field(ge=0, le=MOST_COUNTED)]


class Outline(Record):
    """A face. `size` is a number of `SIZES`; `counted`: large enough for the daemon."""

    column: Annotated[int, Field(ge=0, lt=COLUMNS)]
    row: Annotated[int, Field(ge=0, lt=ROWS)]
    size: Annotated[int, Field(ge=0, lt=len(SIZES))]
    counted: bool


class Outlines(Record):
    """What one frame shows, or why there is none.

    `people` faces were found, `small` of them too small to be counted; `faces` are drawn. `hidden` is what hides
    people, `perhaps` how the camera may hang, where that rests on a single face.
    """

    problem: CameraProblem | None = None
    shape: Shape = "16:9"
    people: Number = 0
    small: Number = 0
    faces: Annotated[tuple[Outline, ...], Field(max_length=MOST_FACES)] = ()
    hidden: Annotated[tuple[Hidden, ...], Field(max_length=5)] = ()
    perhaps: Turned | None = None

    def plain(self, shape: Shape) -> "Outlines":
        """Return the same with each thing once, in one order, and of `shape`: nothing else is left to choose."""
        if self.problem:
            return Outlines(problem=self.problem, shape=shape)
        faces = sorted(set(self.faces), key=lambda face: (face.row, face.column, face.size, face.counted))
        made = {"shape": shape, "faces": tuple(faces), "hidden": tuple(sorted(set(self.hidden)))}
        return self.model_copy(update=made)
