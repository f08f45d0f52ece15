"""Runs inside the camera tree: our source on the real picamera2 and libcamera's virtual camera.

Everything that only this camera needs is here: stand-ins for two modules that picamera2 imports without using them
(display, raw pictures), a list of raw modes, which a virtual camera lacks, buffers of libcamera's own, and a lock
between processes.
"""

import fcntl
import importlib
import json
import sys
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

WORK = Path("/usr/share/libcamera/pipeline/virtual")
for name in ("pykms", "pidng", "pidng.core", "pidng.camdefs"):
    sys.modules[name] = MagicMock()

import numpy as np  # noqa: E402
from picamera2 import Picamera2  # noqa: E402
from picamera2.allocators import LibcameraAllocator  # noqa: E402

from edge.camera.camera import source_settings  # noqa: E402
from edge.camera.errors import CameraError  # noqa: E402
from edge.camera.sources.picamera import Picamera  # noqa: E402
from edge.config import CameraSettings  # noqa: E402

libcamera: Any = importlib.import_module("libcamera")
_configure = Picamera2.configure
_acquire = libcamera.Camera.acquire
_release = libcamera.Camera.release
_lock = (WORK / "lock").open("w")


def configure(camera: Any, configuration: Any) -> None:
    """Configure with buffers that libcamera allocates: picamera2's own make a virtual camera end the process."""
    camera.allocator = LibcameraAllocator(camera.camera)
    _configure(camera, configuration)


def acquire(camera: Any) -> None:
    """Acquire, against other processes also.

    libcamera locks media devices, of which a virtual camera has none; a file stands in. Who does not get it acquires
    twice, and so meets what libcamera itself says of a camera that is taken.
    """
    try:
        fcntl.lockf(_lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _acquire(camera)
    _acquire(camera)


def release(camera: Any) -> None:
    """Undo `acquire`."""
    _release(camera)
    fcntl.lockf(_lock, fcntl.LOCK_UN)


Picamera2.configure = configure
Picamera2._get_raw_modes = lambda _camera: [{"format": "NV12", "size": (640, 480)}]
libcamera.Camera.acquire = acquire
libcamera.Camera.release = release


def frames(width: int, height: int, padding: int = 0) -> dict[str, Any]:
    """Open, take frames, close, and all again; the last `padding` columns of each row are declared to be no picture."""

    def pad(camera: Any, configuration: Any) -> None:
        configure(camera, configuration)
        stream = camera.camera_configuration()["main"]
        stream["size"] = (stream["size"][0] - padding, stream["size"][1])

    Picamera2.configure = pad
    source = Picamera(source_settings(CameraSettings(width=width, height=height)))
    taken = []
    for _opening in range(2):
        source.open()
        stream = dict(source._camera.camera_configuration()["main"])
        for _skipped in range(20):  # many more than there are buffers
            source.grab()
        for _frame in range(8):
            source.grab()
            taken.append(source.retrieve())
        source.grab()
        source.close()
        source.close()
    np.save(WORK / "frames.npy", np.stack(taken))
    return {
        "stride": stream["stride"],
        "format": stream["format"],
        "dtypes": sorted({str(frame.dtype) for frame in taken}),
        "contiguous": all(frame.flags.c_contiguous for frame in taken),
    }


def hold() -> dict[str, Any]:
    """Hold the camera until standard input ends."""
    source = Picamera(source_settings(CameraSettings()))
    source.open()
    source.grab()
    print("held", flush=True)
    sys.stdin.read()
    source.close()
    return {}


def twice() -> dict[str, Any]:
    """Open the camera a second time in one process."""
    source = Picamera(source_settings(CameraSettings()))
    source.open()
    try:
        Picamera(source_settings(CameraSettings())).open()
    finally:
        source.close()
    return {}


def stall() -> dict[str, Any]:
    """Run a camera that was started but is never asked for a frame; then close it and open it in good health."""
    make_requests, Picamera2._make_requests = Picamera2._make_requests, lambda _camera: []
    source = Picamera(source_settings(CameraSettings(stall_seconds=1)))
    source.open()
    try:
        source.grab()
    finally:
        jobs = len(source._camera._job_list)
        source.close()
        Picamera2._make_requests = make_requests
        source.open()
        source.grab()
        source.close()
        print("jobs left:", jobs)
    return {}


def on_a_pi(width: int, height: int) -> dict[str, Any]:
    """Give what is asked of a Pi camera, as far as picamera2 itself checks it: a virtual camera cannot do more."""

    def check(camera: Any, configuration: Any) -> None:
        camera.check_camera_config(configuration)
        wanted.update(configuration)
        Picamera2.camera_properties = virtual
        configure(camera, camera.create_preview_configuration(main={"format": "NV12"}))
        camera.camera_configuration()["lores"] = {"format": "YUV420", "size": (640, 480), "stride": 640}

    wanted: dict[str, Any] = {}
    virtual = Picamera2.camera_properties
    Picamera2.configure = check
    Picamera2._get_raw_modes = lambda _camera: [{"format": "SBGGR10", "size": (1640, 1232)}]
    Picamera2.camera_properties = property(lambda camera: camera.camera_properties_ | {"ColorFilterArrangement": 0})
    limits = {"FrameDurationLimits": (8333, 120_000_000, None)}
    Picamera2.camera_controls = property(lambda _camera: limits)
    Picamera2.set_controls = lambda _camera, controls: wanted["controls"].update(controls)
    source = Picamera(source_settings(CameraSettings(width=width, height=height)))
    source.open()
    source.close()
    return (
        {"text": str(wanted)}
        | {name: wanted[name] for name in ("main", "lores", "raw", "buffer_count", "queue")}
        | {"microseconds": wanted["controls"]["FrameDurationLimits"]}
    )


def no_heap() -> dict[str, Any]:
    """Open when the DMA heap has gone after libcamera listed its cameras."""
    Picamera2.global_camera_info()
    Path("/dev/dma_heap/linux,cma").unlink()
    Picamera(source_settings(CameraSettings())).open()
    return {}


if __name__ == "__main__":
    try:
        result = globals()[sys.argv[1]](*map(int, sys.argv[2:]))
    except CameraError as error:
        result = {"error": type(error).__name__, "text": str(error)}
    print(json.dumps(result))
