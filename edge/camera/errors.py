"""Failures of a source of frames. `health` reports the names of these classes, never free text."""

import re

from edge.errors import EX_UNAVAILABLE, EdgeError

_NUMBER = re.compile(r"(?<=\bframe )\d+|\d+(?= frames\b)")
"""Of a frame, in the text of a problem."""


class CameraError(EdgeError):
    """The source delivers no frames at present."""

    exit_code = EX_UNAVAILABLE

    @property
    def facts(self) -> tuple[type, str, str, str]:
        """What makes two errors the same for a person: not the number of the frame at which one came."""
        kind, thing, problem, remedy = super().facts
        return kind, thing, _NUMBER.sub("", problem), remedy


class CameraMissing(CameraError):
    """The device, address, file or folder does not exist or cannot be opened."""


class CameraUnreadable(CameraError):
    """The source exists but is not a video or picture: it is empty, truncated, or of another type."""


class CameraBusy(CameraError):
    """Another process uses the camera."""


class CameraNoMemory(CameraError):
    """There is no memory for its frames: a Pi camera needs contiguous memory (CMA)."""


class CameraTimeout(CameraError):
    """No frame arrived within the time limit."""


class CameraEnded(CameraError):
    """A video file or folder ended, or a device disappeared while it was in use."""


class CameraCrashed(CameraError):
    """The process that reads the camera died."""


BY_NAME = {
    error.__name__: error
    for error in (
        CameraMissing,
        CameraUnreadable,
        CameraBusy,
        CameraNoMemory,
        CameraTimeout,
        CameraEnded,
        CameraCrashed,
    )
}
