"""The Raspberry Pi camera through picamera2. The Y plane of a YUV stream is the grey frame, without conversion."""

import importlib
from typing import Any

import numpy as np

from edge.camera.errors import CameraBusy, CameraError, CameraMissing, CameraTimeout
from edge.camera.facts import CameraFacts
from edge.camera.sources.base import Luma, SourceSettings

_LEAST_RATE = 10.0  # frames per second of the sensor: the newest is at most 100 ms old, and the Pi stays cool
_BUFFERS = 4  # one in use here, the others in the camera stack
_LUMA_FIRST = frozenset({"YUV420", "YVU420", "NV12", "NV21"})


class Picamera:
    """Camera 0 of libcamera: the `lores` stream of a Pi camera, the only stream of any other camera."""

    live = True

    def __init__(self, settings: SourceSettings) -> None:
        self._settings = settings
        self._camera: Any = None
        self._request: Any = None
        self._stream = "main"
        self._width = self._height = self._stride = 0

    def open(self) -> None:
        """Configure and start the camera; after an error, call `close` to release everything."""
        try:
            picamera2: Any = importlib.import_module("picamera2")
        except (ImportError, ValueError) as error:  # ValueError: a part of it was built for another numpy
            remedy = "apt install python3-picamera2 and use a venv with --system-site-packages, or set camera.source"
            raise CameraMissing("picamera2", f"cannot be imported ({error})", remedy) from error
        try:
            if not picamera2.Picamera2.global_camera_info():
                remedy = "check the ribbon cable and that the user is in the group video: `rpicam-hello --list-cameras`"
                raise CameraMissing("picamera2", "no camera found", remedy)
            self._camera = picamera2.Picamera2()
            self._configure()
            self._camera.start()
        except CameraError:
            raise
        except Exception as error:  # each release raises others: IndexError, KeyError, TypeError
            raise _explain(error) from error

    def grab(self) -> None:
        """Wait for the next frame to complete, `stall_seconds` at most."""
        self._release()
        try:
            # One long wait, not several short ones: a request that timed out stays queued and keeps a later frame.
            self._request = self._camera.capture_request(wait=self._settings.stall_seconds)
        except TimeoutError as error:
            if hasattr(self._camera, "cancel_all_and_flush"):  # older releases do not have it
                self._camera.cancel_all_and_flush()
            problem = f"no frame for {self._settings.stall_seconds:g} s"
            raise CameraTimeout("picamera2", problem, "check the ribbon cable at both ends") from error

    def retrieve(self) -> Luma:
        """Copy the luma plane: `height` rows of `stride` bytes, of which `width` are picture. Once for each `grab`."""
        buffer = self._request.make_buffer(self._stream)
        self._release()
        rows = buffer[: self._height * self._stride].reshape(self._height, self._stride)
        return np.ascontiguousarray(rows[:, : self._width])

    def facts(self) -> CameraFacts:
        """Return the facts."""
        return CameraFacts()

    def close(self) -> None:
        """Stop and release the camera; if it hangs here, the observer kills this process."""
        camera, self._camera = self._camera, None
        if camera is not None:
            self._release()
            # Without stop() before: it waits for the thread of picamera2, for ever if that thread has died.
            camera.close()

    def _release(self) -> None:
        request, self._request = self._request, None
        if request is not None:
            request.release()

    def _configure(self) -> None:
        stream = {"size": (self._settings.width, self._settings.height), "format": "YUV420"}
        # This is picamera2's own test for a Pi camera. Other cameras have one stream. A request for two does not raise:
        # picamera2 then reads past the end of libcamera's list.
        self._stream = "lores" if "ColorFilterArrangement" in self._camera.camera_properties else "main"
        # The preview preset has the full range; in the video preset black is 16 and white is 235.
        configuration = self._camera.create_preview_configuration(
            main=dict(stream),
            lores=dict(stream) if self._stream == "lores" else None,  # as large as main: main must not be smaller
            raw=None,
            buffer_count=_BUFFERS,
            queue=False,  # return the next frame, not a waiting one
            controls=self._controls(),
        )
        self._camera.configure(configuration)
        # The camera may change what was requested: read format, size and stride back.
        actual = self._camera.camera_configuration()[self._stream]
        if actual["format"] not in _LUMA_FIRST:
            problem = f"delivers {actual['format']}, which has no luma plane of its own"
            raise CameraMissing("picamera2", problem, "for a USB camera set camera.source to its number")
        self._width, self._height = actual["size"]
        self._stride = actual["stride"]

    def _controls(self) -> dict[str, Any]:
        """Return the controls that slow the sensor down, within the limits of the camera."""
        limits = self._camera.camera_controls.get("FrameDurationLimits")
        if limits is None:
            return {}
        microseconds = round(1e6 / max(_LEAST_RATE, self._settings.frames_per_second))
        duration = max(limits[0], min(limits[1], microseconds))
        return {"FrameDurationLimits": (duration, duration)}


def _explain(error: BaseException) -> CameraError:
    """Return an error with a remedy for what picamera2 raised; the reason is the last of its causes.

    Up to 0.3.34 picamera2 raises a new error without `from`: then the reason is only the context of that error.
    """
    reasons = [error]
    while (earlier := error.__cause__ or error.__context__) is not None and earlier not in reasons:
        reasons.append(error := earlier)
    for reason in reasons:
        if "busy" in str(reason).lower():
            remedy = "stop the other program: fuser -v /dev/media*"
            return CameraBusy("picamera2", f"the camera is in use ({reason})", remedy)
    reason = reasons[-1]
    words = str(reason) if isinstance(reason, RuntimeError | OSError) else f"{type(reason).__name__}: {reason}"
    remedy = "add the user to the group video, then try `rpicam-hello`"
    return CameraMissing("picamera2", f"the camera does not open ({words})", remedy)
