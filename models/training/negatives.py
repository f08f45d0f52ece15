"""What is not a face: the windows that Haar cascades wrongly report in pictures without people.

Such false positives are what the daemon's face output has to tell from faces. They are taken from freely licensed
pictures (`pictures.sh` fetches them from Debian), at every scale and without any grouping of windows.
"""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from edge.vision.crops import crop_faces
from edge.vision.geometry import overlap

CASCADES = (
    "haarcascade_frontalface_alt2.xml",
    "haarcascade_frontalface_default.xml",
    "haarcascade_frontalface_alt.xml",
)
_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"}
_LONGEST_SIDES = (960, 480)  # the same picture large and small: other windows fire
_SMALLEST_WINDOW = 24
_SCALE_FACTOR = 1.15
_PER_PICTURE = 60
_SAME = 0.6  # overlap (intersection over union) at which two windows count as one
_FAINT = 0.5


def collect(folders: list[Path], faces: Path | None, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return (N, 48, 48) uint8 windows and, for each, the number of its picture.

    A file that is no picture is named and left out.

    Args:
        folders: searched with all below them for pictures.
        faces: YuNet's ONNX file; where it sees a face, however faint, no window is taken. None trusts the folders.
        seed: of the choice where a picture has too many windows.

    Raises:
        ValueError: no picture was found, or no window in them.

    """
    console = Console(stderr=True)
    generator = np.random.default_rng(seed)
    cascades = [cv2.CascadeClassifier(cv2.data.haarcascades + name) for name in CASCADES]
    files = sorted(file for folder in folders for file in folder.rglob("*") if file.suffix.lower() in _SUFFIXES)
    windows: list[NDArray[np.uint8]] = []
    origin: list[int] = []
    for number, file in enumerate(track(files, "windows", console=console)):
        picture = cv2.imread(str(file), cv2.IMREAD_COLOR)
        if picture is None:
            console.print(f"{file}: cannot be read as a picture, left out")
            continue
        found = [window for scaled in _scaled(picture) for window in _windows(scaled, cascades, faces)]
        chosen = generator.permutation(len(found))[:_PER_PICTURE]
        windows += [found[i] for i in chosen]
        origin += [number] * len(chosen)
    if not windows:
        named = ", ".join(map(str, folders))
        message = f"{named}: no window in {len(files)} pictures; `pictures.sh FOLDER` fetches some"
        raise ValueError(message)
    return np.stack(windows), np.array(origin)


def _scaled(picture: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    longest = max(picture.shape[:2])
    for side in sorted({min(side, longest) for side in _LONGEST_SIDES}):
        scale = side / longest
        size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
        yield cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.uint8)


def _windows(
    picture: NDArray[np.uint8], cascades: list[cv2.CascadeClassifier], faces: Path | None
) -> Iterator[NDArray[np.uint8]]:
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype(np.uint8)
    forbidden = _faces(picture, faces) if faces else np.empty((0, 4))
    taken = np.empty((0, 4))
    for cascade in cascades:
        for window in cascade.detectMultiScale(grey, _SCALE_FACTOR, 0, minSize=(_SMALLEST_WINDOW, _SMALLEST_WINDOW)):
            box = window[None]
            if (overlap(box, forbidden) > 0).any() or (overlap(box, taken) > _SAME).any():
                continue
            taken = np.vstack([taken, box])
            yield crop_faces(grey, box)[0]


def _faces(picture: NDArray[np.uint8], model: Path) -> NDArray[np.float64]:
    height, width = picture.shape[:2]
    detector = cv2.FaceDetectorYN.create(str(model), "", (width, height), score_threshold=_FAINT)
    found = detector.detect(picture)[1]
    return np.empty((0, 4)) if found is None else np.asarray(found[:, :4], np.float64)
