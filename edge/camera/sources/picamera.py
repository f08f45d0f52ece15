"""The Raspberry Pi camera through picamera2; the Y plane of a YUV stream is the grey frame, no conversion needed."""

import importlib
from typing import Any

import numpy as np

from edge.camera.errors import CameraBusy, CameraError, CameraMissing, CameraTimeout
from edge.camera.sources.base import Luma, SourceSettings

_LEAST_RATE = 10.0  # frames a second the sensor gives: the newest is never older than 100 ms, and the Pi stays cool
_BUFFERS = 4  # one held here, the others on their way
_LUMA_FIRST = frozenset({"YUV420", "YVU420", "NV12", "NV21"})


class Picamera:
    """Camera 0 of libcamera: its `lores` stream on a Pi camera, its only stream on any other."""

    live = True

    def __init__(self, settings: SourceSettings) -> None:
        self._settings = settings
        self._camera: Any = None
        self._request: Any = None
        self._stream = "main"
        self._width = self._height = self._stride = 0

    def open(self) -> None:
        """Configure and start the camera; after an error, `close` gives back what was acquired."""
        try:
            picamera2: Any = importlib.import_module("picamera2")
        except (ImportError, ValueError) as error:  # ValueError: one of its parts was built for another numpy
            remedy = "apt install python3-picamera2 and use a venv with --system-site-packages, or set camera.source"
            raise CameraMissing("picamera2", f"cannot be imported ({error})", remedy) from error
        if not picamera2.Picamera2.global_camera_info():
            remedy = "check the ribbon cable and that the user is in the group video: `rpicam-hello --list-cameras`"
            raise CameraMissing("picamera2", "no camera found", remedy)
        try:
            self._camera = picamera2.Picamera2()
            self._configure()
            self._camera.start()
        except (RuntimeError, OSError) as error:
            raise _explain(error) from error

    def grab(self) -> None:
        """Wait for the next frame to complete, `stall_seconds` at most."""
        self._release()
        try:
            # One long wait, not several short ones: what timed out stays queued, and would take and keep a later frame.
            self._request = self._camera.capture_request(wait=self._settings.stall_seconds)
        except TimeoutError as error:
            if hasattr(self._camera, "cancel_all_and_flush"):  # older releases have none
                self._camera.cancel_all_and_flush()
            problem = f"no frame for {self._settings.stall_seconds:g} s"
            raise CameraTimeout("picamera2", problem, "check the ribbon cable at both ends") from error

    def retrieve(self) -> Luma:
        """Copy out the luma plane, `height` rows of `stride` bytes with `width` of picture; once for each `grab`."""
        buffer = self._request.make_buffer(self._stream)
        self._release()
        rows = buffer[: self._height * self._stride].reshape(self._height, self._stride)
        return np.ascontiguousarray(rows[:, : self._width])

    def close(self) -> None:
        """Stop and release; a camera that hangs here is killed with its process."""
        camera, self._camera = self._camera, None
        if camera is not None:
            self._release()
            # Without stop() before: that one asks the thread of picamera2, and waits for ever where it has died.
            camera.close()

    def _release(self) -> None:
        request, self._request = self._request, None
        if request is not None:
            request.release()

    def _configure(self) -> None:
        stream = {"size": (self._settings.width, self._settings.height), "format": "YUV420"}
        # picamera2's own test for a Pi camera. Others have a single stream, and asking them for two raises nothing:
        # picamera2 then reads past the end of libcamera's list.
        self._stream = "lores" if "ColorFilterArrangement" in self._camera.camera_properties else "main"
        # Of picamera2's presets the one whose colours are of full range: in the video preset black is 16, white 235.
        configuration = self._camera.create_preview_configuration(
            main=dict(stream),
            lores=dict(stream) if self._stream == "lores" else None,  # as large as main: no smaller main is allowed
            raw=None,
            buffer_count=_BUFFERS,
            queue=False,  # give the next frame, not the one that has been waiting
            controls=self._controls(),
        )
        self._camera.configure(configuration)
        # What was asked for is not always what was set: read back format, size and stride.
        actual = self._camera.camera_configuration()[self._stream]
        if actual["format"] not in _LUMA_FIRST:
            problem = f"delivers {actual['format']}, which has no luma plane of its own"
            raise CameraMissing("picamera2", problem, "for a USB camera set camera.source to its number")
        self._width, self._height = actual["size"]
        self._stride = actual["stride"]

    def _controls(self) -> dict[str, Any]:
        """Slow the sensor down, where the camera offers that and as far as it does."""
        limits = self._camera.camera_controls.get("FrameDurationLimits")
        if limits is None:
            return {}
        microseconds = round(1e6 / max(_LEAST_RATE, self._settings.frames_per_second))
        duration = max(limits[0], min(limits[1], microseconds))
        return {"FrameDurationLimits": (duration, duration)}


def _explain(error: BaseException) -> CameraError:
    """Turn what picamera2 raised at opening into what a person can act on; its reason is at the end of the causes."""
    while error.__cause__ is not None:
        error = error.__cause__
    if "busy" in str(error).lower():
        return CameraBusy(
            "picamera2", f"the camera is in use ({error})", "stop the other program: fuser -v /dev/media*"
        )
    remedy = "add the user to the group video, then try `rpicam-hello`"
    return CameraMissing("picamera2", f"the camera does not open ({error})", remedy)
