"""USB cameras, RTSP streams and video files through OpenCV."""

import logging
import os
import time
from pathlib import Path

import cv2
import numpy as np
from cv2.typing import MatLike

from edge.camera.errors import CameraBusy, CameraEnded, CameraMissing, CameraTimeout, CameraUnreadable
from edge.camera.facts import CameraFacts
from edge.camera.sources.base import LEAST_SIDE, Luma, SourceSettings
from edge.camera.sources.continuity import Continuity
from edge.camera.sources.devices import present_devices
from edge.camera.turn import Turn

log = logging.getLogger(__name__)

_DEFAULT_RATE = 25.0  # for files without a frame rate
_AGAIN = "it is opened again by itself; let the camera keep one size"
_FORMATS = ("MJPG", "YUYV", "YU12", "NV12", "GREY")
"""Requested of a V4L2 device, in turn, where the format of its own choice gives frames that are not pictures."""


class Capture:
    """A `cv2.VideoCapture`: `0` or `/dev/video0`, `rtsp://…`, or a file."""

    def __init__(self, settings: SourceSettings) -> None:
        self.turn = Turn.of(settings.rotation, mirror=settings.mirror)
        self._settings = settings
        self._name = settings.source
        self._is_network = "://" in self._name
        self._is_file = not (self._name.isdigit() or self._name.startswith("/dev/") or self._is_network)
        self._device = f"/dev/video{self._name}" if self._name.isdigit() else self._name
        self.live = not self._is_file
        self._capture: cv2.VideoCapture | None = None
        self._descriptor = -1
        self._formats = list(_FORMATS)
        self._frames = 0
        self._loop_frames = 0
        """Of a looped file, once it has ended for the first time."""
        self._rate = 0.0
        self._begun = 0.0
        self._shape: tuple[int, ...] = ()
        self._continuity = Continuity(settings.stall_seconds)

    def open(self) -> None:
        """Open the device, address or file."""
        if self._is_file:
            self._check_file(Path(self._name))
        elif not self._is_network:
            self._check_device(Path(self._device))
        self._capture = self._new_capture()
        if not self._capture.isOpened():
            self._raise_unopened()
        if self._is_file:
            rate = self._capture.get(cv2.CAP_PROP_FPS)
            self._rate = rate if 0 < rate <= 240 else _DEFAULT_RATE  # noqa: PLR2004 - damaged headers contain any value
        else:
            self._ask_for_size()

    def grab(self) -> None:
        """Advance to the next frame; a video file at native pace skips late frames and waits for early ones."""
        assert self._capture is not None
        if self._is_file and self._settings.pace == "native":
            self._keep_pace()
        if not self._advance():
            self._raise_stopped()
        self._frames += 1
        self._check_time()

    def retrieve(self) -> Luma | None:
        """Decode the frame of the last `grab`; None where it is an old picture of a stream."""
        picture = self._decode()
        while not _is_picture(picture):
            self._change_format(picture)
            picture = self._decode()
        grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)  # noqa: PLR2004
        luma: Luma = np.ascontiguousarray(grey, np.uint8)
        return luma if self._is_new(luma) else None

    def facts(self) -> CameraFacts:
        """Return that it has no lens and no sensor of its own; settings that need them are refused."""
        return CameraFacts(refused=tuple(self._settings.unsupported))

    def close(self) -> None:
        """Release the device or file."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _decode(self) -> MatLike:
        assert self._capture is not None
        try:
            ok, picture = self._capture.retrieve()
        except cv2.error:
            ok = False
        if not ok:
            problem = f"frame {self._frames} cannot be decoded"
            raise CameraUnreadable(self._settings.shown, problem, "check the cable or the file")
        return picture

    def _check_time(self) -> None:
        """Raise `CameraTimeout` where the time stamps of a stream stand still; each frame of V4L2 is a new buffer."""
        if self._capture is None or not (self._is_network or self._is_file):
            return
        now = time.monotonic()
        self._continuity.grabbed(self._capture, now)
        if self._is_network and self._continuity.stands_still(now):
            problem = f"its time stamps stand still for {self._settings.stall_seconds:g} s"
            raise CameraTimeout(self._settings.shown, problem, _AGAIN)

    def _is_new(self, luma: Luma) -> bool:
        """Return whether a frame shows what the camera sees now; raise a `CameraError` where no other will."""
        if self.live and self._shape not in {(), luma.shape}:
            sizes = " to ".join(f"{width} x {height}" for height, width in (self._shape, luma.shape))
            raise CameraEnded(self._settings.shown, f"its pictures changed from {sizes}", _AGAIN)
        self._shape = luma.shape
        if not (self._is_network or self._is_file):
            return True
        now = time.monotonic()
        is_new, is_over = self._continuity.is_new(luma, now), self._continuity.is_over(now)
        if is_over and self._is_network:
            raise CameraTimeout(self._settings.shown, "the picture, or its lower part, no longer changes", _AGAIN)
        if is_over and self._continuity.went_back:  # of a clip a picture that stays proves nothing by itself
            remedy = "cut the clip there, or record it in one size"
            raise CameraUnreadable(self._name, f"its pictures change their size before frame {self._frames}", remedy)
        return is_new or self._is_file

    def _change_format(self, picture: MatLike) -> None:
        """Ask the device for another format after a frame that is not a picture, and grab a frame of it."""
        assert self._capture is not None
        size = " x ".join(map(str, picture.shape[1::-1]))
        problem = f"frames come as {size}, which is not a picture"
        if not self.live or self._is_network or not self._formats:
            # Tried: every format of _FORMATS, in the run that ended with this.
            raise CameraUnreadable(self._settings.shown, problem, self._remedy_of_format())
        name = self._formats.pop(0)
        log.warning("%s: %s; trying format %s", self._settings.shown, problem, name)
        self._capture.set(cv2.CAP_PROP_FOURCC, int.from_bytes(name.encode(), "little"))
        self._ask_for_size()  # a change of format may have changed it
        if not self._capture.grab():
            self._raise_stopped()

    def _remedy_of_format(self) -> str:
        if self._is_file:
            return "copy the clip again"
        if self._is_network:
            return "choose another stream in the settings of the camera"
        return f"see `v4l2-ctl -d {self._device} --list-formats`: MJPG or YUYV is needed"

    def _ask_for_size(self) -> None:
        assert self._capture is not None
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._settings.width)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._settings.height)

    def _new_capture(self) -> cv2.VideoCapture:
        if self._is_file:
            clip = cv2.VideoCapture(self._file_name(), cv2.CAP_FFMPEG)
            clip.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)  # upright, as a phone recorded it: not every version's default
            return clip
        milliseconds = int(self._settings.stall_seconds * 1000)
        if self._is_network:
            limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, milliseconds, cv2.CAP_PROP_READ_TIMEOUT_MSEC, milliseconds]
            return cv2.VideoCapture(self._name, cv2.CAP_FFMPEG, limits)
        # By its own name, /dev/video0: what links to it may be named in bytes that are no UTF-8.
        return cv2.VideoCapture(int(self._name) if self._name.isdigit() else os.path.realpath(self._name), cv2.CAP_V4L2)

    def _file_name(self) -> str:
        """Return a name that FFmpeg takes for a file, whatever characters it holds.

        A colon in a relative name would begin a protocol; and OpenCV crashes at a name that is not UTF-8, so of such a
        file it gets an open descriptor.
        """
        path = Path(self._name).absolute()
        try:
            str(path).encode()
        except UnicodeEncodeError:
            if self._descriptor < 0:
                self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            return f"/proc/self/fd/{self._descriptor}"
        return str(path)

    def _keep_pace(self) -> None:
        now = time.monotonic()
        if not self._frames:
            self._begun = now
        due = self._begun + self._frames / self._rate
        if due > now:
            time.sleep(due - now)
        if self._loop_frames:  # whole turns of a loop that was not looked at for longer
            self._frames += max(0, int((now - due) * self._rate)) // self._loop_frames * self._loop_frames
            due = self._begun + self._frames / self._rate
        while time.monotonic() - due > 1 / self._rate and self._advance():
            self._frames += 1
            due = self._begun + self._frames / self._rate

    def _advance(self) -> bool:
        """Grab the next frame, of a looped file the first one after the last; return whether there is one."""
        return (self._capture is not None and self._capture.grab()) or (self._is_file and self._rewind())

    def _rewind(self) -> bool:
        """Restart a looped file; a file without any frame is not restarted."""
        if not self._settings.loop or not self._frames:
            return False
        self._loop_frames = self._loop_frames or self._frames
        self.close()
        self._capture = self._new_capture()
        self._continuity = Continuity(self._settings.stall_seconds)
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
            raise CameraMissing(
                device, f"no such camera (present: {present_devices()})", "plug it in or correct camera.source"
            )
        if not os.access(device, os.R_OK | os.W_OK):
            raise CameraMissing(device, "may not be opened", "add the user to the group video")

    def _raise_unopened(self) -> None:
        if self._is_file:
            raise CameraUnreadable(
                self._name, "is not a video that can be decoded, or is truncated", "copy the clip again"
            )
        if self._is_network:
            remedy = "check address, user name and password, and switch the camera on"
            raise CameraMissing(self._settings.shown, "the stream does not open", remedy)
        raise CameraBusy(
            self._device, "another process uses the camera, or it delivers no video", f"see: fuser -v {self._device}"
        )

    def _raise_stopped(self) -> None:
        if self._is_file and not self._frames:
            raise CameraUnreadable(self._name, "contains no frame that can be decoded", "copy the clip again")
        if self._is_file:
            raise CameraEnded(self._name, f"ended after {self._frames} frames", "set camera.loop = true to repeat it")
        if self._is_network:
            raise CameraTimeout(self._settings.shown, "the stream stopped", "check the network to the camera")
        raise CameraEnded(self._device, "the camera stopped delivering", "check the USB cable")


def _is_picture(frame: MatLike) -> bool:
    """Whether a frame has rows and columns, and one channel or three of 8 bits each."""
    channels = 1 if frame.ndim == 2 else frame.shape[2]  # noqa: PLR2004
    return frame.dtype == np.uint8 and channels in {1, 3} and min(frame.shape[:2]) >= LEAST_SIDE
