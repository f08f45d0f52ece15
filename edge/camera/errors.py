"""How a source of frames can fail. The class names are what `health` reports, never free text."""

from edge.errors import EX_UNAVAILABLE, EdgeError


class CameraError(EdgeError):
    """A source that gives no frames (now)."""

    exit_code = EX_UNAVAILABLE


class CameraMissing(CameraError):
    """There is no such device, address, file or folder, or it cannot be opened."""


class CameraUnreadable(CameraError):
    """The source is there, but it is no video or picture: empty, truncated, or of another kind."""


class CameraBusy(CameraError):
    """Another process holds the camera."""


class CameraTimeout(CameraError):
    """No frame within the time allowed."""


class CameraEnded(CameraError):
    """A clip or folder came to its end, or a device went away while in use."""


class CameraCrashed(CameraError):
    """The process that reads the camera died."""


BY_NAME = {
    error.__name__: error
    for error in (CameraMissing, CameraUnreadable, CameraBusy, CameraTimeout, CameraEnded, CameraCrashed)
}
