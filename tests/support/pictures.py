"""Pictures and clips for tests, made from the built-in scene."""

import copy
import functools
import struct
from pathlib import Path

import cv2
import numpy as np

from edge.camera.sources.base import Luma
from edge.camera.sources.scene import HEIGHT, WIDTH, Scene
from tests.conftest import source_settings


def scene_frame(second: float = 12.0) -> Luma:
    """Return a frame of the built-in scene; five people at second 12."""
    return _drawn(round(second * 10)).copy()


@functools.lru_cache(maxsize=64)  # of 0.9 MB each
def _drawn(number: int) -> Luma:
    scene = copy.copy(_opened_scene())
    for _ in range(number + 1):
        scene.grab()
    return scene.retrieve()


@functools.cache
def _opened_scene() -> Scene:
    """Return a scene that has drawn its room and made its noise, and stands before the first frame."""
    scene = Scene(source_settings())
    scene.open()
    return scene


def empty_frame() -> Luma:
    """Return a frame of the scene's empty spell."""
    return scene_frame(32.0)


def clip(path: Path, frames: int = 10, rate: float = 10.0) -> Path:
    """Write a real video file whose frame `i` is evenly grey at level `20 * i` (modulo 256)."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), rate, (320, 240))
    for i in range(frames):
        writer.write(np.full((240, 320, 3), 20 * i % 256, np.uint8))
    writer.release()
    return path


def picture(path: Path, luma: Luma | None = None) -> Path:
    """Write a picture file; by default the scene with five people."""
    cv2.imwrite(str(path), scene_frame() if luma is None else luma)
    return path


def turned_clip(path: Path, upright: Luma, frames: int = 3) -> Path:
    """Write `upright` as a phone does that is held upright: stored sideways, with a rotation in the header."""
    stored = cv2.rotate(upright, cv2.ROTATE_90_COUNTERCLOCKWISE)
    height, width = stored.shape
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 10.0, (width, height))
    for _ in range(frames):
        writer.write(cv2.cvtColor(stored, cv2.COLOR_GRAY2BGR))
    writer.release()
    data = bytearray(path.read_bytes())
    # ISO/IEC 14496-12: in the track header of version 0, 40 bytes of times and the like, then the matrix.
    matrix = data.index(b"tkhd") + 44
    data[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, height << 16, 0, 1 << 30)
    path.write_bytes(data)
    return path


SIZE = (WIDTH, HEIGHT)
