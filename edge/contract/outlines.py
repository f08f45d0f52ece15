"""What the camera's process sends to the set-up page: where faces are, just exact enough to mount a camera.

Positions are cells, widths are one of a few sizes, and the number of faces and of messages is limited.
`docs/design/privacy.md` states how many bits that is.
"""

from typing import Annotated, Literal

from pydantic import Field

from edge.contract.records import CameraProblem, Record

COLUMNS, ROWS = 40, 24
"""The picture is divided into these cells. An outline names the cell of the middle of a face."""
SIZES = (0.02, 0.03, 0.045, 0.0675, 0.1, 0.15, 0.23)
"""Widths of a face as shares of the picture's width; each is half as much again as the one before."""
MOST_FACES = 12
MOST_COUNTED = 60
"""A larger number of faces is sent as this number."""
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

    Attributes:
        problem: of the camera; then nothing else is set.
        shape: of the picture.
        people: faces that were found.
        small: those of them that are too small to be counted.
        faces: those that are drawn.
        hidden: what hides people in the picture.
        perhaps: how the camera may hang; a single face suggests it, which is no proof.

    """

    problem: CameraProblem | None = None
    shape: Shape = "16:9"
    people: Number = 0
    small: Number = 0
    faces: Annotated[tuple[Outline, ...], Field(max_length=MOST_FACES)] = ()
    hidden: Annotated[tuple[Hidden, ...], Field(max_length=5)] = ()
    perhaps: Turned | None = None

    def plain(self, shape: Shape) -> "Outlines":
        """Return the same without repetitions, in a fixed order, with `shape`: these cannot hide a message."""
        if self.problem:
            return Outlines(problem=self.problem, shape=shape)
        faces = sorted(set(self.faces), key=lambda face: (face.row, face.column, face.size, face.counted))
        made = {"shape": shape, "faces": tuple(faces), "hidden": tuple(sorted(set(self.hidden)))}
        return self.model_copy(update=made)
