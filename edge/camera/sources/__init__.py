"""Sources of frames, one file for each type, and the factory that selects one."""

from collections.abc import Callable
from pathlib import Path

from edge.camera.sources.base import FrameSource, SourceSettings
from edge.camera.sources.camera_choice import is_picamera


def make_source(settings: SourceSettings) -> FrameSource:
    """Return the source that `settings.source` names, not yet opened. Only this call imports the library for it."""
    return _factory(settings.source)(settings)


def _factory(name: str) -> Callable[[SourceSettings], FrameSource]:
    if is_picamera(name):
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
