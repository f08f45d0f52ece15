"""How much worse a model answers to faces as rooms give them than to the same faces as they are."""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.vision.photometry import stretch
from models.training.dataset import SIDE

Images = NDArray[np.uint8]

_SMALL = 24  # pixels
_NOISE = 8.0  # grey levels
_QUALITY = 30
_WIDTHS = (0.72, 1.21)  # of a box, relative to the face, as Haar makes them
_SHIFT = 0.08  # of the face's side


def damaged(images: Images, *, stretched: bool = True) -> dict[str, Images]:
    """Return (N, 48, 48) uint8 faces with each kind of damage, by its name; "plain" are the faces as they are.

    `stretched`: with the grey levels that the daemon gives to its crops.
    """
    generator = np.random.default_rng(0)
    kinds: dict[str, Callable[[Images], Images]] = {
        "plain": lambda face: face,
        f"{_SMALL} px": _shrunk,
        "gamma 0.5": lambda face: _levels(255 * (face / 255) ** 0.5),
        "gamma 2": lambda face: _levels(255 * (face / 255) ** 2),
        f"noise {_NOISE:g}": lambda face: _levels(face + generator.normal(0, _NOISE, face.shape)),
        f"JPEG {_QUALITY}": _compressed,
        "jittered box": lambda face: _jittered(face, generator),
    }
    made = {name: np.stack([change(face) for face in images]) for name, change in kinds.items()}
    return {name: stretch(faces) if stretched else faces for name, faces in made.items()}


def _levels(values: NDArray[np.floating]) -> Images:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _shrunk(face: Images) -> Images:
    small = cv2.resize(face, (_SMALL, _SMALL), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR_EXACT), np.uint8)


def _compressed(face: Images) -> Images:
    _, data = cv2.imencode(".jpg", face, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)


def _jittered(face: Images, generator: np.random.Generator) -> Images:
    width = generator.uniform(*_WIDTHS)
    right, down = generator.uniform(-_SHIFT, _SHIFT, 2) * SIDE
    corner = SIDE / 2 * (1 - width)
    pose = np.array([[width, 0, corner + right], [0, width, corner + down]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(face, pose, (SIDE, SIDE), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8)
