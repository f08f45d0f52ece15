"""The Raspberry Pi camera through picamera2; the Y plane of a YUV stream is the grey frame, no conversion needed."""

from typing import Any

import numpy as np

from edge.camera.errors import CameraBusy, CameraMissing, CameraTimeout
from edge.camera.source import Luma, SourceSettings

_WAIT_SECONDS = 2.0
_MISSES = 3
_PLANAR_LUMA_FIRST = frozenset({"YUV420", "YVU420", "NV12", "NV21"})


class Picamera:
    """Camera 0 of libcamera, its `lores` stream where the camera has one, else its main stream."""

    live = True

    def __init__(self, settings: SourceSettings) -> None:
        self._settings = settings
        self._camera: Any = None
        self._stream = "lores"
        self._width = self._height = 0
        self._buffer: Any = None

    def open(self) -> None:
        """Configure and start the camera."""
        try:
            from picamera2 import Picamera2  # noqa: PLC0415 - exists only on a Pi
        except ImportError as error:
            remedy = "apt install python3-picamera2 and use a venv with --system-site-packages, or set camera.source"
            raise CameraMissing("picamera2", f"is not installed ({error})", remedy) from error
        if not Picamera2.global_camera_info():
            raise CameraMissing(
                "picamera2", "no camera found", "check the ribbon cable, then `rpicam-hello --list-cameras`"
            )
        try:
            self._camera = Picamera2()
        except RuntimeError as error:
            raise CameraBusy(
                "picamera2", f"the camera is in use ({error})", "stop the other program: fuser -v /dev/media*"
            ) from error
        self._configure()
        self._camera.start()

    def grab(self) -> None:
        """Take the newest completed frame, waiting at most 3 times 2 s."""
        for _attempt in range(_MISSES):
            try:
                self._buffer = self._camera.capture_buffer(self._stream, wait=_WAIT_SECONDS)
            except TimeoutError:
                continue
            return
        seconds = _MISSES * _WAIT_SECONDS
        raise CameraTimeout("picamera2", f"no frame for {seconds:.0f} s", "check the ribbon cable")

    def retrieve(self) -> Luma:
        """Cut the luma plane out of the buffer: `height` rows of `stride` bytes, of which `width` are picture."""
        rows = np.asarray(self._buffer, np.uint8).reshape(-1)[: self._height * self._stride]
        return np.ascontiguousarray(rows.reshape(self._height, self._stride)[:, : self._width])

    def close(self) -> None:
        """Stop and release; a camera that hangs here is killed with its process."""
        if self._camera is not None:
            self._camera.stop()
            self._camera.close()
            self._camera = None

    def _configure(self) -> None:
        size = (self._settings.width, self._settings.height)
        wanted: dict[str, Any] = {
            "main": {"size": size, "format": "YUV420"},
            "lores": {"size": size, "format": "YUV420"},
        }
        try:
            self._camera.configure(self._camera.create_video_configuration(**wanted, queue=False))
        except (RuntimeError, ValueError):
            # libcamera's virtual and UVC cameras have a single stream.
            del wanted["lores"]
            self._camera.configure(self._camera.create_video_configuration(**wanted, queue=False))
        # What was asked for is not always what was set: read back format, size and stride.
        configuration = self._camera.camera_configuration()
        self._stream = "lores" if configuration.get("lores") else "main"
        stream = configuration[self._stream]
        if stream["format"] not in _PLANAR_LUMA_FIRST:
            problem = f"delivers {stream['format']}, which has no separate luma plane"
            raise CameraMissing("picamera2", problem, "use a camera that offers YUV420 or NV12")
        self._width, self._height = stream["size"]
        self._stride = stream["stride"]
