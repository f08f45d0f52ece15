"""What a source of frames is, and which one a configuration names."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
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


def make_source(settings: SourceSettings) -> FrameSource:
    """Return the (unopened) source that `settings.source` names; the library behind it is imported only here."""
    return _factory(settings.source)(settings)


def _factory(name: str) -> Callable[[SourceSettings], FrameSource]:
    if name == "picamera2":
        from edge.camera.sources.picamera import Picamera  # noqa: PLC0415 - exists only on a Pi

        return Picamera
    if name == "scene":
        from edge.camera.sources.scene import Scene  # noqa: PLC0415

        return Scene
    if Path(name).is_dir():
        from edge.camera.sources.images import Images  # noqa: PLC0415

        return Images
    from edge.camera.sources.opencv import Capture  # noqa: PLC0415

    return Capture
