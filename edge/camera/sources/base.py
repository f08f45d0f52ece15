"""The interface of a source of frames."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from edge.camera.facts import CameraFacts
from edge.camera.turn import Turn

Luma = NDArray[np.uint8]
"""The brightness of one frame: (height, width) uint8, C-contiguous, from 0 (black) to 255 (white)."""

LEAST_SIDE = 16
"""Least number of rows and columns of a frame. Some drivers deliver the bytes of a picture as one row."""


@dataclass(frozen=True)
class SourceSettings:
    """The part of `edge.config.CameraSettings` that a source needs; the descriptions are there.

    The camera process uses this class because pydantic would add a fifth to its memory.
    """

    source: str = field(repr=False)
    """With its password, where it has one: for the library that opens it, and nothing else."""
    shown: str
    """The source as it may be logged and reported."""
    width: int
    height: int
    frames_per_second: float
    pace: Literal["native", "fast"]
    loop: bool
    stall_seconds: float
    rotation: Literal[0, 90, 180, 270]
    mirror: bool
    zoom: float
    focus_metres: float
    flicker_hz: Literal["auto", 0, 50, 60]
    longest_exposure_ms: float
    metering: Literal["centre", "matrix", "spot"]
    backlight: bool
    tuning_file: str
    unsupported: Sequence[str]
    """What was asked for and only a Raspberry Pi camera follows, one text each."""


class FrameSource(Protocol):
    """A source of frames, used by one thread of one process."""

    live: bool
    """True: frames that are not read are lost (a camera). False: they wait (a video file)."""

    turn: Turn
    """What is still to be done to its frames in software, from the first `retrieve` on."""

    def open(self) -> None:
        """Open the device or file; raise a `CameraError` that names it if that fails."""

    def grab(self) -> None:
        """Advance to the next frame; raise a `CameraError` at the end or after a timeout."""

    def retrieve(self) -> Luma | None:
        """Return the frame of the last `grab`, None where that is no new one; it is valid until the next `grab`."""

    def facts(self) -> CameraFacts:
        """Return what is known about the camera; called once, after the first `retrieve` that gave a frame."""

    def close(self) -> None:
        """Release everything; can be called at any time and more than once."""
