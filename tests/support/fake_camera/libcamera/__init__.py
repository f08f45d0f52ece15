"""A libcamera without hardware: what picamera2 (0.3.12 to the newest) uses of its Python binding, and two sensors.

It stands below the real picamera2, whose own classes run unchanged. `FAKE_CAMERA` (JSON) chooses the sensors and a
fault, see `Bench`. Absent libraries that picamera2 imports without need here (display, codecs) and the DMA heap are
replaced.
"""

import errno
import json
import os
import sys
import threading
import time
import types
from dataclasses import dataclass, field
from enum import Enum
from importlib.util import find_spec
from typing import Any
from unittest.mock import MagicMock

# Relative: picamera2 imports this package as `libcamera`, and the names belong to it.
from ._sensors import LENS_LIMITS, LIMITS, RAW_FORMAT, SENSORS, Sensor
from ._values import (
    ColorSpace,
    ControlId,
    ControlInfo,
    ControlType,
    Orientation,
    PixelFormat,
    Rectangle,
    Size,
    StreamRole,
    Transform,
)

_PERIOD = 0.005
"""Seconds between two frames: there is nothing to wait for."""
FRAME_LEVELS = 32


@dataclass
class Bench:
    """What stands on the bench.

    Attributes:
        sensors: models, in libcamera's order.
        orientation: whether libcamera is 0.2 or newer, whose configuration has `orientation`, not `transform`.
        flips: whether the sensor can flip its picture.
        pi_5: whether the image processor is that of a Pi 5.
        busy: another process holds the camera.
        no_memory: the DMA heap, or libcamera's own allocator, has no more memory.
        frames: after so many frames none follows (a pulled cable); -1: they never end.
        stop_hangs: stopping the camera never returns.
        wrong_mode: whatever is asked for, the sensor reads its first mode.
        short: bytes that each frame is shorter than its size says.
        without: controls that this camera lacks.
        metadata: what differs in the metadata of frames.

    """

    sensors: list[str] = field(default_factory=lambda: ["imx219"])
    orientation: bool = True
    flips: bool = True
    pi_5: bool = False
    busy: bool = False
    no_memory: bool = False
    frames: int = -1
    stop_hangs: bool = False
    wrong_mode: bool = False
    short: int = 0
    without: list[str] = field(default_factory=list)
    metadata: dict[str, Any] = field(default_factory=dict)


bench = Bench(**json.loads(os.environ.get("FAKE_CAMERA", "{}")))


def set_up(**values: Any) -> None:
    """Put another camera on the bench; those before are gone."""
    vars(bench).update(vars(Bench(**values)))
    CameraManager._only = None


class _Plane:
    def __init__(self, fd: int = -1, length: int = 0) -> None:
        self.fd, self.offset, self.length = fd, 0, length

    @property
    def bytes_used(self) -> int:
        return self.length


class FrameMetadata:
    Status = Enum("Status", "Success Error Cancelled")

    def __init__(self, planes: list[_Plane]) -> None:
        self.planes, self.status = planes, self.Status.Success


class FrameBuffer:
    Plane = _Plane

    def __init__(self, planes: list[_Plane]) -> None:
        self.planes = planes
        self.metadata = FrameMetadata(planes)


def memory(size: int) -> int:
    """Return a descriptor of `size` bytes; raise as the kernel does where there is none."""
    if bench.no_memory:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
    fd = os.memfd_create("frame")
    os.ftruncate(fd, size)
    return fd


class FrameBufferAllocator:
    """Allocates by libcamera: what picamera2 used before it had a DMA heap of its own."""

    def __init__(self, _camera: "Camera") -> None:
        self._buffers: dict[Any, list[FrameBuffer]] = {}

    def allocate(self, stream: "Stream") -> int:
        size, count = stream.configuration.frame_size, stream.configuration.buffer_count
        try:
            made = [FrameBuffer([_Plane(memory(size), size)]) for _ in range(count)]
        except OSError as error:
            return -int(error.errno or 1)
        self._buffers[stream] = made
        return len(made)

    def buffers(self, stream: "Stream") -> list[FrameBuffer]:
        return self._buffers[stream]


class Request:
    Status = Enum("Status", "Pending Complete Cancelled")

    def __init__(self, cookie: int) -> None:
        self.cookie, self.status = cookie, self.Status.Pending
        self.buffers: dict[Any, FrameBuffer] = {}
        self.metadata: dict[ControlId, Any] = {}
        self.controls: dict[ControlId, Any] = {}

    def add_buffer(self, stream: "Stream", buffer: FrameBuffer) -> None:
        self.buffers[stream] = buffer

    def set_control(self, name: ControlId, value: Any) -> None:
        self.controls[name] = value

    def reuse(self) -> None:
        self.status = self.Status.Pending


class Stream:
    def __init__(self, configuration: "StreamConfiguration") -> None:
        self.configuration = configuration


class StreamFormats:
    def __init__(self, sensor: Sensor) -> None:
        self.pixel_formats = [PixelFormat(RAW_FORMAT)]
        self._sizes = [Size(*size) for size in sensor.modes]

    def sizes(self, _format: PixelFormat) -> list[Size]:
        return self._sizes


class StreamConfiguration:
    def __init__(self, sensor: Sensor, role: Any) -> None:
        is_raw = role is StreamRole.Raw
        self.size = Size(*sensor.field) if is_raw else Size(800, 600)
        self.pixel_format = PixelFormat(RAW_FORMAT if is_raw else "XBGR8888")
        self.buffer_count, self.stride, self.color_space = 4, 0, ColorSpace()
        self.formats = StreamFormats(sensor)
        self.stream = Stream(self)

    @property
    def is_raw(self) -> bool:
        return self.pixel_format.name == RAW_FORMAT

    @property
    def frame_size(self) -> int:
        rows = self.size.height if self.is_raw else self.size.height * 3 // 2
        return self.stride * rows - bench.short


class SensorConfiguration:
    bit_depth = 0
    output_size = Size()


class CameraConfiguration:
    Status = Enum("Status", "Valid Adjusted Invalid")

    def __init__(self, sensor: Sensor, roles: list[Any]) -> None:
        self._streams = [StreamConfiguration(sensor, role) for role in roles]
        self.sensor_config: SensorConfiguration | None = None
        if bench.orientation:
            self.orientation = Orientation.Rotate0
        else:
            self.transform = Transform()

    def at(self, index: int) -> StreamConfiguration:
        return self._streams[index]

    def __iter__(self) -> Any:
        return iter(self._streams)

    def validate(self) -> Any:
        for stream in self._streams:
            stream.stride = stream.size.width + (-stream.size.width) % 64
        if bench.flips:
            return self.Status.Valid
        if bench.orientation:
            self.orientation = Orientation.Rotate0
        else:
            self.transform = Transform()
        return self.Status.Adjusted


class Camera:
    def __init__(self, sensor: Sensor, number: int) -> None:
        self.id = f"/base/soc/i2c0mux/i2c@{number}/{sensor.model}@1a"
        self.sensor, self.mode = sensor, sensor.field
        self.crop = (0, 0, *sensor.field)
        self.started: dict[str, Any] = {}
        self._acquired = False
        self._queue: list[Request] = []
        self._lock = threading.Lock()
        self._running = threading.Event()
        self._frames = 0

    @property
    def properties(self) -> dict[ControlId, Any]:
        values = {
            "Model": self.sensor.model,
            "Rotation": 0,
            "ColorFilterArrangement": 0,
            "PixelArrayActiveAreas": (Rectangle(8, 8, *self.sensor.field),),
            "ScalerCropMaximum": Rectangle(*self.sensor.modes[self.mode]),
        }
        return {ControlId(name): value for name, value in values.items()}

    @property
    def controls(self) -> dict[ControlId, ControlInfo]:
        limits = LIMITS | (LENS_LIMITS if self.sensor.lens else {})
        offered = {ControlId(name): ControlInfo(*limits[name]) for name in limits if name not in bench.without}
        most = Rectangle(*self.sensor.modes[self.mode])
        for name in ["ScalerCrop", *(["ScalerCrops"] if bench.pi_5 else [])]:
            offered[ControlId(name, ControlType.Rectangle)] = ControlInfo(most, most, most)
        return offered

    def acquire(self) -> None:
        if bench.busy or self._acquired:
            msg = f"Failed to acquire camera: {os.strerror(errno.EBUSY)}"
            raise RuntimeError(msg)
        self._acquired = True

    def release(self) -> None:
        self._acquired = False

    def generate_configuration(self, roles: list[Any]) -> CameraConfiguration:
        return CameraConfiguration(self.sensor, roles)

    def configure(self, configuration: CameraConfiguration) -> int:
        """Set the mode that is asked for by a sensor configuration or a raw stream, else the nearest to the picture."""
        raw = [stream for stream in configuration if stream.is_raw]
        wanted = configuration.at(0).size
        if configuration.sensor_config is not None:
            wanted = configuration.sensor_config.output_size
        elif raw:
            wanted = raw[0].size
        modes = list(self.sensor.modes)
        nearest = min(modes, key=lambda mode: abs(mode[0] - wanted.width) + abs(mode[1] - wanted.height))
        self.mode = modes[0] if bench.wrong_mode else nearest
        x, y, width, height = self.sensor.modes[self.mode]
        picture = configuration.at(0).size
        high = min(height, width * picture.height // picture.width)
        self.crop = (x, y + (height - high) // 2, width, high)
        return 0

    def create_request(self, cookie: int) -> Request:
        return Request(cookie)

    def start(self, controls: dict[ControlId, Any]) -> None:
        self.started = {name.name: value for name, value in controls.items()}
        self._running.set()
        threading.Thread(target=self._deliver, daemon=True).start()

    def stop(self) -> None:
        if bench.stop_hangs:
            threading.Event().wait()
        self._running.clear()
        with self._lock:
            self._queue.clear()

    def queue_request(self, request: Request) -> None:
        with self._lock:
            self._queue.append(request)

    def _deliver(self) -> None:
        while self._running.is_set():
            time.sleep(_PERIOD)
            with self._lock:
                if self._frames == bench.frames or not self._queue:
                    continue
                request = self._queue.pop(0)
                self._frames += 1
            self._complete(request)

    def _complete(self, request: Request) -> None:
        self.started |= {name.name: value for name, value in request.controls.items()}
        crops = self.started.get("ScalerCrops") or [self.started.get("ScalerCrop")]
        for buffer in request.buffers.values():
            plane = buffer.planes[0]
            row = bytes([self._frames % FRAME_LEVELS + 100]) * min(4096, plane.length)
            os.pwrite(plane.fd, row[: os.fstat(plane.fd).st_size], 0)
        known = {
            "ScalerCrop": crops[0] or Rectangle(*self.crop),
            "ExposureTime": 20_000,
            "AnalogueGain": 2.0,
            "LensPosition": self.started.get("LensPosition", 1.0),
            "AfState": 2,
            "HdrMode": self.started.get("HdrMode", 0) if bench.pi_5 else 0,
        }
        request.metadata = {ControlId(name): value for name, value in (known | bench.metadata).items()}
        request.status = Request.Status.Complete
        CameraManager.singleton().completed(request)


class CameraManager:
    _only: "CameraManager | None" = None

    def __init__(self) -> None:
        self.tuning = os.environ.get("LIBCAMERA_RPI_TUNING_FILE")  # libcamera reads it here, for all cameras
        self.cameras = [Camera(SENSORS[model], number) for number, model in enumerate(bench.sensors)]
        self.event_fd = os.eventfd(0, os.EFD_NONBLOCK)
        self._ready: list[Request] = []
        self._lock = threading.Lock()

    @classmethod
    def singleton(cls) -> "CameraManager":
        cls._only = cls._only or cls()
        return cls._only

    def completed(self, request: Request) -> None:
        with self._lock:
            self._ready.append(request)
            os.eventfd_write(self.event_fd, 1)

    def get_ready_requests(self) -> list[Request]:
        with self._lock:
            ready, self._ready = self._ready, []
            if ready:
                os.eventfd_read(self.event_fd)
            return ready


class _Names(types.ModuleType):
    """A module or namespace in which every name exists."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = ControlId(name) if self.__name__ == "libcamera.controls" and not name.endswith("Enum") else MagicMock()
        setattr(self, name, value)
        return value


class _DmaHeap:
    """The DMA heap of the kernel: a buffer is a memfd."""

    def alloc(self, _name: str, size: int) -> Any:
        fd = memory(size)
        return types.SimpleNamespace(get=lambda: fd, isValid=lambda: True)

    def close(self) -> None:
        pass


class _DmaSync(bytearray):
    flags = 0


def _dma_heap() -> types.ModuleType:
    module = _Names("picamera2.dma_heap")
    module.DmaHeap = _DmaHeap  # type: ignore[attr-defined]
    module.DMA_BUF_IOCTL_SYNC = 0x5451  # type: ignore[attr-defined] # FIOCLEX: allowed for a memfd, and harmless
    module.dma_buf_sync = _DmaSync  # type: ignore[attr-defined]
    for name in ("START", "END", "READ", "RW"):
        setattr(module, f"DMA_BUF_SYNC_{name}", 0)
    return module


controls, properties = _Names("libcamera.controls"), _Names("libcamera.properties")
controls.draft = MagicMock()  # type: ignore[attr-defined]
controls.draft.NoiseReductionModeEnum.Minimal = 3
sys.modules["libcamera.controls"], sys.modules["libcamera.properties"] = controls, properties
_libcamera = sys.modules[__name__]
sys.modules["picamera2.dma_heap"] = _dma_heap()
for unused in (
    *("pykms", "pidng", "pidng.core", "pidng.camdefs", "v4l2", "videodev2", "av", "prctl", "piexif", "simplejpeg"),
    *("PIL", "PIL.Image", "tqdm", "libarchive", "jsonschema"),
):
    if unused.partition(".")[0] in sys.modules or find_spec(unused.partition(".")[0]) is None:
        sys.modules.setdefault(unused, _Names(unused))
