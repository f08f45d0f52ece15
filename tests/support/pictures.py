"""Pictures and clips for tests, made from the built-in scene."""

from pathlib import Path

import cv2
import numpy as np

from edge.camera.sources.base import Luma
from edge.camera.sources.scene import HEIGHT, WIDTH, Scene
from tests.conftest import source_settings


def scene_frame(second: float = 12.0) -> Luma:
    """Return a frame of the built-in scene; five people at second 12."""
    scene = Scene(source_settings())
    scene.open()
    for _ in range(round(second * 10) + 1):
        scene.grab()
    return scene.retrieve()


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


SIZE = (WIDTH, HEIGHT)
