"""Other people's faces in the mix in which they occur: what a room is more like than FER-2013."""

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from models.training.dataset import DatasetError


@dataclass(frozen=True)
class NaturalFaces:
    """Faces of another source than FER-2013.

    Attributes:
        images: (N, 48, 48) uint8.
        emotion: (N,) int64, in the order of `dataset.LABELS`.

    """

    images: NDArray[np.uint8]
    emotion: NDArray[np.int64]

    def of_half(self, half: int | None) -> "NaturalFaces":
        """Return one half of the faces, 0 or 1, or all of them for None."""
        if half is None:
            return self
        rows = halves(len(self.images))[half]
        return NaturalFaces(self.images[rows], self.emotion[rows])


def halves(count: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return two masks (count,): each half of the faces measures what was fitted on the other."""
    first = np.random.default_rng(0).permutation(count) % 2 == 0
    return first, ~first


def load_natural(path: Path) -> NaturalFaces:
    """Read the faces of an npz (`images`, `labels`, `natural`) that are marked as being in their natural mix.

    Raises:
        DatasetError: the file is absent or lacks an array.

    """
    try:
        with np.load(path) as data:
            chosen = data["natural"]
            return NaturalFaces(data["images"][chosen], data["labels"][chosen].astype(np.int64))
    except (KeyError, ValueError, OSError, BadZipFile) as error:
        message = f"{path}: not faces in their natural mix ({error})"
        raise DatasetError(message) from error
