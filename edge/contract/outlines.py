"""Where faces are, as coarsely as a person who mounts a camera needs it: what the set-up page gets of the camera.

Cells and a few sizes instead of pixels, no more faces than help, a message every two seconds, and a limit for all of
them: `docs/design/privacy.md` states how many bits that is.
"""

from typing import Annotated, Literal

from pydantic import Field

from edge.contract.records import CameraProblem, Picture, Record

COLUMNS, ROWS = 40, 24
"""Cells of the picture in which the middle of a face is told."""
SIZES = (0.02, 0.03, 0.045, 0.0675, 0.1, 0.15, 0.23)
"""Widths of a face as shares of the picture's width; each is half as much again as the one before."""
MOST_FACES = 12
SECONDS = 2.0
"""From one message to the next, at least."""
MOST_MESSAGES = 300
"""In all: ten minutes."""
MAX_LINE = 2048
"""Bytes of a message, a line of JSON."""

Shape = Literal["16:9", "4:3", "1:1", "3:4", "9:16"]
"""Width to height of the picture, the nearest of these."""


class Outline(Record):
    """A face. `size` is a number of `SIZES`; `counted`: large enough for the daemon."""

    column: Annotated[int, Field(ge=0, lt=COLUMNS)]
    row: Annotated[int, Field(ge=0, lt=ROWS)]
    size: Annotated[int, Field(ge=0, lt=len(SIZES))]
    counted: bool


class Outlines(Record):
    """What one frame shows, or why there is none. `picture`: what hides people in it."""

    problem: CameraProblem | None = None
    shape: Shape = "16:9"
    faces: Annotated[tuple[Outline, ...], Field(max_length=MOST_FACES)] = ()
    picture: Annotated[tuple[Picture, ...], Field(max_length=5)] = ()

    def plain(self, shape: Shape) -> "Outlines":
        """Return the same with each thing once, in one order, and of `shape`: nothing else is left to choose."""
        if self.problem:
            return Outlines(problem=self.problem, shape=shape)
        faces = sorted(set(self.faces), key=lambda face: (face.row, face.column, face.size, face.counted))
        return Outlines(shape=shape, faces=tuple(faces), picture=tuple(sorted(set(self.picture))))
