"""The Raspberry Pi camera through picamera2. The Y plane of a YUV stream is the grey frame, without conversion."""

import importlib
import inspect
import logging
import os
import threading
import time
from typing import Any

import numpy as np

from edge.camera.errors import (
    CameraBusy,
    CameraError,
    CameraMissing,
    CameraNoMemory,
    CameraTimeout,
    CameraUnreadable,
)
from edge.camera.facts import CameraFacts
from edge.camera.sources import sensor_view
from edge.camera.sources.autofocus import FAR_DIOPTRES, Hunting
from edge.camera.sources.base import Luma, SourceSettings
from edge.camera.sources.camera_choice import chosen_camera, tuning_path
from edge.camera.sources.readback import read_back
from edge.camera.sources.sensor_controls import CONTINUOUS, FIXED, Choice, choose, nearest
from edge.camera.turn import Turn

log = logging.getLogger(__name__)

_BUFFERS = 4  # one in use here, the others in the camera stack
_LUMA_FIRST = frozenset({"YUV420", "YVU420", "NV12", "NV21"})
_TUNING = "LIBCAMERA_RPI_TUNING_FILE"
_NO_MEMORY = ("cannot allocate memory", "failed to allocate")


class Picamera:
    """A camera of libcamera: the `lores` stream of a Pi camera, the only stream of any other camera."""

    live = True

    def __init__(self, settings: SourceSettings) -> None:
        self.turn = Turn.of(settings.rotation, mirror=settings.mirror)
        self._settings = settings
        self._camera: Any = None
        self._request: Any = None
        self._stream: dict[str, Any] = {"name": "main"}
        self._model = ""
        self._is_module = False
        self._choice = Choice()
        self._hunting: Hunting | None = None
        self._metadata: dict[str, Any] = {}

    def open(self) -> None:
        """Configure and start the camera; after an error, call `close` to release everything."""
        tuning = tuning_path(self._settings.tuning_file)
        if tuning:
            os.environ[_TUNING] = tuning  # libcamera reads the file when it lists the cameras
        try:
            picamera2: Any = importlib.import_module("picamera2")
        except (ImportError, ValueError) as error:  # ValueError: a part of it was built for another numpy
            remedy = "apt install python3-picamera2 and use a venv with --system-site-packages, or set camera.source"
            raise CameraMissing("picamera2", f"cannot be imported ({error})", remedy) from error
        try:
            number, self._model = chosen_camera(self._settings.source, picamera2.Picamera2.global_camera_info())
            self._camera = picamera2.Picamera2(number, **({"tuning": tuning} if tuning else {}))
            self._configure()
            self._control()
            self._camera.start()
        except CameraError:
            raise
        except Exception as error:  # each release raises others: IndexError, KeyError, TypeError
            raise _explain(error, "the camera does not open") from error

    def grab(self) -> None:
        """Wait for the next frame to complete, `stall_seconds` at most."""
        self._release()
        # One long wait, not several short ones: a request that timed out stays queued and keeps a later frame.
        # With an event of our own, as `wait=SECONDS` of the oldest release, 0.3.12, waits for ever.
        completed = threading.Event()
        try:
            job = self._camera.capture_request(wait=False, signal_function=lambda _job: completed.set())
            if completed.wait(self._settings.stall_seconds):
                self._request = self._camera.wait(job)
                return
        except Exception as error:
            raise _explain(error, "the camera does not deliver") from error
        if hasattr(self._camera, "cancel_all_and_flush"):  # older releases do not have it
            self._camera.cancel_all_and_flush()
        problem = f"no frame for {self._settings.stall_seconds:g} s"
        raise CameraTimeout("picamera2", problem, "check the ribbon cable at both ends")

    def retrieve(self) -> Luma:
        """Copy the luma plane: `height` rows of `stride` bytes, of which `width` are picture. Once for each `grab`."""
        try:
            buffer = self._request.make_buffer(self._stream["name"])
            self._metadata = self._request.get_metadata()
        except Exception as error:
            raise _explain(error, "the camera does not deliver") from error
        self._release()
        (width, height), stride = self._stream["size"], self._stream["stride"]
        if buffer.size < height * stride or width > stride:
            problem = f"delivers frames of {buffer.size} bytes, which are not {width} x {height} pixels"
            raise CameraUnreadable("picamera2", problem, "it is opened again by itself; update picamera2 and libcamera")
        self._follow_focus()
        rows = buffer[: height * stride].reshape(height, stride)
        return np.ascontiguousarray(rows[:, :width])

    def facts(self) -> CameraFacts:
        """Return what the configuration and the first frame say."""
        properties, controls = self._camera.camera_properties, self._camera.camera_controls
        if not self._is_module:
            return CameraFacts(self._model, refused=tuple(self._choice.refused))
        field = sensor_view.full_field(properties, self._camera.sensor_resolution)
        mode = sensor_view.mode_field(properties, field)
        picture = self._stream["size"]
        crop = sensor_view.shares(self._metadata.get("ScalerCrop") or sensor_view.zoomed(mode, picture, 1.0), field)
        sideways = self._settings.rotation in {90, 270}
        angle = sensor_view.field_of_view(self._model, crop, field, sideways=sideways)
        applied, refused = read_back(self._settings, self._choice, self._metadata, controls)
        whole = sensor_view.is_whole(mode, field)
        if not whole:
            asked = f"zoom={self._settings.zoom:g}"
            refused += (f"{asked}: the sensor reads {mode[2]} x {mode[3]} of {field[0]} x {field[1]} pixels",)
        return CameraFacts(self._model, crop, angle, 0, applied, refused, whole)

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
        """Configure the mode of the sensor that shows its whole field with the fewest pixels."""
        # This is picamera2's own test for a Pi camera. Other cameras have one stream. A request for two does not raise:
        # picamera2 then reads past the end of libcamera's list.
        self._is_module = "ColorFilterArrangement" in self._camera.camera_properties
        if self._is_module:
            native = self._camera.sensor_resolution
            picture = self._settings.width, self._settings.height
            for size in sensor_view.sensor_sizes(native, picture, self._settings.zoom):
                self._camera.configure(self._configuration(size))
                properties = self._camera.camera_properties
                field = sensor_view.full_field(properties, native)
                if sensor_view.is_whole(sensor_view.mode_field(properties, field), field):
                    break
        else:
            self._camera.configure(self._configuration(None))
        # The camera may change what was requested: read format, size, stride and transform back.
        configuration = self._camera.camera_configuration()
        name = "lores" if self._is_module else "main"
        self._stream = {"name": name} | configuration[name]
        if self._stream["format"] not in _LUMA_FIRST:
            problem = f"delivers {self._stream['format']}, which has no luma plane of its own"
            raise CameraMissing("picamera2", problem, "for a USB camera set camera.source to its number")
        made = configuration.get("transform")
        if made is not None:
            self.turn = self.turn.without(across=bool(made.hflip), down=bool(made.vflip))

    def _configuration(self, sensor: sensor_view.Size | None) -> dict[str, Any]:
        stream = {"size": (self._settings.width, self._settings.height), "format": "YUV420"}
        create = self._camera.create_preview_configuration
        wanted: dict[str, Any] = {"raw": None}
        if sensor is not None and "sensor" in inspect.signature(create).parameters:
            wanted["sensor"] = {"output_size": sensor}
        elif sensor is not None:
            wanted["raw"] = {"size": sensor}  # 0.3.12 has no other way to ask for a mode
        if not self.turn.quarters and (self.turn.across or self.turn.down):
            make_transform = importlib.import_module("libcamera").Transform
            wanted["transform"] = make_transform(hflip=int(self.turn.across), vflip=int(self.turn.down))
        # The preview preset has the full range; in the video preset black is 16 and white is 235.
        configuration: dict[str, Any] = create(
            main=dict(stream),
            lores=dict(stream) if self._is_module else None,  # as large as main: main must not be smaller
            buffer_count=_BUFFERS,
            queue=False,  # return the next frame, not a waiting one
            **wanted,
        )
        return configuration

    def _control(self) -> None:
        """Set the controls that the configured mode offers; they take effect at the start."""
        offered = self._camera.camera_controls
        self._choice = choose(self._settings, offered)
        if self._settings.zoom > 1:
            mode = sensor_view.mode_field(self._camera.camera_properties, self._camera.sensor_resolution)
            crop = sensor_view.zoomed(mode, self._stream["size"], self._settings.zoom)
            name, value = ("ScalerCrops", [crop, crop]) if "ScalerCrops" in offered else ("ScalerCrop", crop)
            asked = f"zoom={self._settings.zoom:g}"
            self._choice.set(offered, {name: value}, asked, "the camera cannot enlarge a part of its picture")
        self._camera.set_controls(self._choice.values)
        if self._choice.values.get("AfMode") == CONTINUOUS:
            self._hunting = Hunting()

    def _follow_focus(self) -> None:
        """Fix a focus that hunts, until the camera is opened again."""
        if self._hunting is None or not self._hunting.seen(self._metadata.get("AfState"), time.monotonic()):
            return
        self._hunting = None
        position = nearest(self._camera.camera_controls.get("LensPosition", (0.0, FAR_DIOPTRES, 0.0)), FAR_DIOPTRES)
        self._camera.set_controls({"AfMode": FIXED, "LensPosition": position})
        words = "the autofocus finds nothing sharp, so the focus stays at %.1f m; set camera.focus_metres to fix it"
        log.warning(words, 1 / max(0.01, position))


def _explain(error: BaseException, what: str) -> CameraError:
    """Return an error with a remedy for what picamera2 raised; the reason is the last of its causes.

    Up to 0.3.34 picamera2 raises a new error without `from`: then the reason is only the context of that error.
    """
    reasons = [error]
    while (earlier := error.__cause__ or error.__context__) is not None and earlier not in reasons:
        reasons.append(error := earlier)
    for reason in reasons:
        if any(words in str(reason).lower() for words in _NO_MEMORY):
            problem = f"no memory for its frames ({reason})"
            remedy = "close other programs that use camera or screen, set a smaller camera.width and camera.height"
            more = "or reserve more in config.txt: dtoverlay=vc4-kms-v3d,cma-256"
            return CameraNoMemory("picamera2", problem, f"{remedy}, {more}")
        if "busy" in str(reason).lower():
            remedy = "stop the other program: fuser -v /dev/media*"
            return CameraBusy("picamera2", f"the camera is in use ({reason})", remedy)
    reason = reasons[-1]
    words = str(reason) if isinstance(reason, RuntimeError | OSError) else f"{type(reason).__name__}: {reason}"
    remedy = "add the user to the group video, then try `rpicam-hello`"
    return CameraMissing("picamera2", f"{what} ({words})", remedy)
