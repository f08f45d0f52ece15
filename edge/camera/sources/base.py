"""What a source of frames is."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]
"""One frame's brightness: (height, width) uint8, C-contiguous, 0 black to 255 white."""


@dataclass(frozen=True)
class SourceSettings:
    """What a source needs of `edge.config.CameraSettings`, which says what each means.

    The process that reads the camera takes this instead, because pydantic would add a fifth to its memory.
    """

    source: str
    width: int
    height: int
    frames_per_second: float
    pace: Literal["native", "fast"]
    loop: bool
    stall_seconds: float


class FrameSource(Protocol):
    """Something that yields frames; used by one thread of one process."""

    live: bool
    """Whether frames go by when nobody asks (a camera), rather than wait (a clip)."""

    def open(self) -> None:
        """Acquire the device or file; raise a `CameraError` that names it where that fails."""

    def grab(self) -> None:
        """Advance to the next frame; raise a `CameraError` at the end or after a timeout."""

    def retrieve(self) -> Luma:
        """Return the frame that was grabbed last; valid until the next call of `grab`."""

    def close(self) -> None:
        """Release everything; may be called at any time, also twice."""
