"""USB cameras, RTSP streams and video files through OpenCV."""

import os
import time
from pathlib import Path
from urllib.parse import urlsplit

import cv2
import numpy as np

from edge.camera.errors import CameraBusy, CameraEnded, CameraMissing, CameraTimeout, CameraUnreadable
from edge.camera.sources.base import Luma, SourceSettings

_DEFAULT_RATE = 25.0  # for files without a frame rate


class Capture:
    """A `cv2.VideoCapture`: `0` or `/dev/video0`, `rtsp://…`, or a file."""

    def __init__(self, settings: SourceSettings) -> None:
        self._settings = settings
        self._name = settings.source
        self._is_file = not (self._name.isdigit() or self._name.startswith("/dev/") or urlsplit(self._name).netloc)
        self.live = not self._is_file
        self._capture: cv2.VideoCapture | None = None
        self._frames = 0
        self._rate = 0.0
        self._begun = 0.0

    def open(self) -> None:
        """Open the device, address or file."""
        if self._is_file:
            self._check_file(Path(self._name))
        elif not urlsplit(self._name).netloc:
            self._check_device(Path(f"/dev/video{self._name}" if self._name.isdigit() else self._name))
        self._capture = self._new_capture()
        if not self._capture.isOpened():
            self._raise_unopened()
        if self._is_file:
            rate = self._capture.get(cv2.CAP_PROP_FPS)
            self._rate = rate if 0 < rate <= 240 else _DEFAULT_RATE  # noqa: PLR2004 - damaged headers contain any value
        else:
            self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._settings.width)
            self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._settings.height)

    def grab(self) -> None:
        """Advance to the next frame; a video file at native pace skips late frames and waits for early ones."""
        assert self._capture is not None
        if self._is_file and self._settings.pace == "native":
            self._keep_pace()
        if not self._capture.grab() and not (self._is_file and self._rewind()):
            self._raise_stopped()
        self._frames += 1

    def retrieve(self) -> Luma:
        """Decode the frame of the last `grab`."""
        assert self._capture is not None
        ok, picture = self._capture.retrieve()
        if not ok:
            raise CameraUnreadable(self._name, f"frame {self._frames} cannot be decoded", "check the cable or the file")
        return np.ascontiguousarray(picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))  # noqa: PLR2004

    def close(self) -> None:
        """Release the device or file."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None

    def _new_capture(self) -> cv2.VideoCapture:
        if self._is_file:
            return cv2.VideoCapture(self._name, cv2.CAP_FFMPEG)
        milliseconds = int(self._settings.stall_seconds * 1000)
        if urlsplit(self._name).netloc:
            limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, milliseconds, cv2.CAP_PROP_READ_TIMEOUT_MSEC, milliseconds]
            return cv2.VideoCapture(self._name, cv2.CAP_FFMPEG, limits)
        return cv2.VideoCapture(int(self._name) if self._name.isdigit() else self._name, cv2.CAP_V4L2)

    def _keep_pace(self) -> None:
        now = time.monotonic()
        if not self._frames:
            self._begun = now
        due = self._begun + self._frames / self._rate
        if due > now:
            time.sleep(due - now)
        while time.monotonic() - due > 1 / self._rate and self._capture is not None and self._capture.grab():
            self._frames += 1
            due = self._begun + self._frames / self._rate

    def _rewind(self) -> bool:
        """Restart a looped file; a file without any frame is not restarted."""
        if not self._settings.loop or not self._frames:
            return False
        self.close()
        self._capture = self._new_capture()
        return self._capture.isOpened() and self._capture.grab()

    def _check_file(self, path: Path) -> None:
        if not path.is_file():
            raise CameraMissing(path, "no such file", "check camera.source")
        if not os.access(path, os.R_OK):
            raise CameraMissing(path, "may not be read", f"allow it: chmod o+r {path}")
        if not path.stat().st_size:
            raise CameraUnreadable(path, "is empty (0 bytes)", "copy the clip again")

    def _check_device(self, device: Path) -> None:
        if not device.exists():
            present = ", ".join(sorted(str(found) for found in Path("/dev").glob("video*"))) or "none"
            raise CameraMissing(device, f"no such camera (present: {present})", "plug it in or correct camera.source")
        if not os.access(device, os.R_OK | os.W_OK):
            raise CameraMissing(device, "may not be opened", "add the user to the group video")

    def _raise_unopened(self) -> None:
        if self._is_file:
            raise CameraUnreadable(
                self._name, "is not a video that can be decoded, or is truncated", "copy the clip again"
            )
        if urlsplit(self._name).netloc:
            host = urlsplit(self._name).hostname
            raise CameraMissing(
                host, "the stream does not open", "check address, user name and password, and switch the camera on"
            )
        raise CameraBusy(
            self._name, "another process uses the camera, or it delivers no video", f"see: fuser -v {self._name}"
        )

    def _raise_stopped(self) -> None:
        if self._is_file and not self._frames:
            raise CameraUnreadable(self._name, "contains no frame that can be decoded", "copy the clip again")
        if self._is_file:
            raise CameraEnded(self._name, f"ended after {self._frames} frames", "set camera.loop = true to repeat it")
        if urlsplit(self._name).netloc:
            raise CameraTimeout(urlsplit(self._name).hostname, "the stream stopped", "check the network to the camera")
        raise CameraEnded(self._name, "the camera stopped delivering", "check the USB cable")
