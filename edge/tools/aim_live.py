"""`emotion-edge aim`, again and again, as coarse outlines: for the set-up page, which never gets a picture."""

import time
from collections.abc import Callable
from typing import get_args

from edge.camera.camera import source_settings
from edge.camera.errors import BY_NAME, CameraError
from edge.camera.reader import CameraReader
from edge.config import Settings
from edge.contract.outlines import (
    COLUMNS,
    MOST_COUNTED,
    MOST_FACES,
    ROWS,
    SECONDS,
    SIZES,
    Hidden,
    Outline,
    Outlines,
    Shape,
)
from edge.tools.aim import Aim, Lens, Target, View, next_frame

_SHAPES: dict[Shape, float] = {"16:9": 16 / 9, "4:3": 4 / 3, "1:1": 1.0, "3:4": 3 / 4, "9:16": 9 / 16}


def live(settings: Settings, send: Callable[[Outlines], object]) -> None:
    """Send what a frame shows every `SECONDS`, until `send` raises, or the camera gives no more: then send why.

    Only faces are looked for: no emotion is inferred.

    Args:
        settings: of the device.
        send: gets each message. What it raises ends the camera, too.

    """
    camera = CameraReader(source_settings(settings.camera))
    try:
        view = View(settings.vision, Lens(), "presence")
        while True:
            due = time.monotonic() + SECONDS
            view.forget()
            view.add(next_frame(camera))
            send(outlines(view.aim()))
            while time.monotonic() < due:  # what comes meanwhile is thrown away: the next message is of a new frame
                next_frame(camera)
    except CameraError as error:
        name = next(name for name, kind in BY_NAME.items() if type(error) is kind)
        send(Outlines.model_validate({"problem": name}))
    finally:
        camera.close()


def outlines(aim: Aim) -> Outlines:
    """Return what one frame showed, in cells and sizes: the smallest faces, where there are too many to draw."""
    ratio = aim.width / aim.height
    drawn = aim.faces[-MOST_FACES:]
    return Outlines(
        shape=min(_SHAPES, key=lambda name: abs(_SHAPES[name] / ratio - 1)),
        people=min(MOST_COUNTED, len(aim.faces)),
        small=min(MOST_COUNTED, sum(face.verdict != "counted" for face in aim.faces)),
        faces=tuple(_outline(face, aim.width, aim.height) for face in drawn),
        hidden=tuple(name for name in get_args(Hidden) if name in aim.picture),
        perhaps=aim.perhaps if aim.perhaps in ("upside_down", "on_its_side") else None,
    )


def _outline(face: Target, width: int, height: int) -> Outline:
    x, y, w, h = face.box
    return Outline(
        column=min(COLUMNS - 1, max(0, int((x + w / 2) / width * COLUMNS))),
        row=min(ROWS - 1, max(0, int((y + h / 2) / height * ROWS))),
        size=min(range(len(SIZES)), key=lambda number: abs(SIZES[number] - w / width)),
        counted=face.verdict == "counted",
    )
