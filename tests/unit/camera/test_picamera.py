"""Picamera2 at opening: what its releases raise becomes an error with a name and a remedy."""

import sys
import types
from collections.abc import Callable

import pytest

from edge.camera.errors import CameraBusy, CameraError, CameraMissing
from edge.camera.sources.picamera import Picamera
from tests.conftest import source_settings


def fail_to_acquire() -> None:
    """Fail as libcamera's binding does, inside picamera2, where another process holds the camera."""
    try:
        raise RuntimeError("Failed to acquire camera: Device or resource busy")
    except RuntimeError as error:
        raise RuntimeError("Failed to initialize camera") from error


def up_to_0_3_34() -> None:
    """Fail as `Picamera2.__init__` of those releases, 0.3.31 among them: raised anew, without `from`."""
    try:
        fail_to_acquire()
    except RuntimeError:
        raise RuntimeError("Camera __init__ sequence did not complete.")  # noqa: B904 - that is the point


def newest() -> None:
    """Fail as `Picamera2.__init__` since 0.3.35."""
    try:
        fail_to_acquire()
    except RuntimeError as error:
        raise RuntimeError("Camera __init__ sequence did not complete.") from error


def raising(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


def open_with(monkeypatch: pytest.MonkeyPatch, fail: Callable[[], None], listed: Callable[[], object]) -> None:
    class Picamera2:
        global_camera_info = staticmethod(listed)

        def __init__(self, _number: int) -> None:
            fail()

    module = types.ModuleType("picamera2")
    module.Picamera2 = Picamera2  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", module)
    Picamera(source_settings(source="picamera2")).open()


def one() -> list[dict[str, object]]:
    return [{"Num": 0, "Model": "imx219"}]


@pytest.mark.parametrize("release", [up_to_0_3_34, newest])
def test_a_camera_in_use_is_busy_with_every_release(
    monkeypatch: pytest.MonkeyPatch, release: Callable[[], None]
) -> None:
    with pytest.raises(CameraBusy, match=r"in use \(Failed to acquire camera: .*busy\); stop the other program: fuser"):
        open_with(monkeypatch, release, one)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (IndexError("list index out of range"), "IndexError: list index out of range"),
        (KeyError("lores"), "KeyError: 'lores'"),
        (TypeError("'NoneType' object is not iterable"), "TypeError: 'NoneType'"),
        (RuntimeError("no pipeline"), "no pipeline"),
    ],
)
def test_whatever_is_raised_at_opening_is_an_error_of_the_camera(
    monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
) -> None:
    with pytest.raises(CameraMissing, match=rf"does not open \({words}.*rpicam-hello"):
        open_with(monkeypatch, raising(error), one)
    with pytest.raises(CameraError, match=words):
        open_with(monkeypatch, newest, raising(error))


def test_no_camera_is_told_apart_from_one_that_does_not_open(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CameraMissing, match="no camera found; check the ribbon cable"):
        open_with(monkeypatch, newest, list)
