"""Failures of a source of frames. `health` reports the names of these classes, never free text."""

from edge.errors import EX_UNAVAILABLE, EdgeError


class CameraError(EdgeError):
    """The source delivers no frames at present."""

    exit_code = EX_UNAVAILABLE


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
