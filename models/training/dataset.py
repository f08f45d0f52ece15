"""FER-2013 as arrays, from the lossless npz or the public `fer2013.csv`.

Source: Goodfellow et al., "Challenges in Representation Learning" (ICML 2013 workshop).
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""Class names in the order of the labels 0-6 and of the model's first output."""

VOTES = ("neutral", "happy", "surprise", "sad", "angry", "disgust", "fear", "contempt", "unknown", "not a face")
"""Names of the FER+ votes (Barsoum et al., ICMI 2016) in the order of their columns."""

SIDE = 48
"""Edge length of a face picture, pixels."""

_SPLIT_OF_USAGE = {"Training": 0, "PublicTest": 1, "PrivateTest": 2}


class DatasetError(Exception):
    """The data file is missing or not what it should be; the message says which and why."""


@dataclass(frozen=True)
class Split:
    """One part of FER-2013.

    Attributes:
        images: (N, 48, 48) uint8, grey, 0 black to 255 white.
        labels: (N,) int64, indices into `LABELS`.
        votes: (N, 10) uint8, how many of about ten people chose each of `VOTES`; all zero where nobody was asked.
        clean: (N,) bool, False where the picture has a copy in the other split.

    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    votes: NDArray[np.uint8]
    clean: NDArray[np.bool_]


def load(path: Path, votes: Path | None = None) -> dict[str, Split]:
    """Read the splits `train` and `public` (and `private` where the file has it).

    Args:
        path: `fer2013.npz`, or the public `fer2013.csv`. The csv holds no leak marks: every row counts as clean.
        votes: the public `fer2013new.csv` of FER+, row by row the same pictures as `fer2013.csv`.

    Raises:
        DatasetError: the file is absent or lacks an expected array or column.

    """
    if not path.exists():
        msg = f"{path}: no such file; pass --data with fer2013.npz or fer2013.csv"
        raise DatasetError(msg)
    try:
        images, labels, counts, split, leak = _read_csv(path, votes) if path.suffix == ".csv" else _read_npz(path)
    except (KeyError, ValueError, OSError, BadZipFile) as error:
        msg = f"{path}: not FER-2013 ({error})"
        raise DatasetError(msg) from error
    names = {0: "train", 1: "public", 2: "private"}
    return {
        names[number]: Split(
            images[split == number], labels[split == number], counts[split == number], ~leak[split == number]
        )
        for number in sorted(set(split.tolist()))
    }


def plurality_of(votes: NDArray[np.uint8]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return which of (N, 10) votes have one of the seven emotions in front, without a tie, and which one it is.

    Returns:
        (N,) bool, and (N,) int64 indices into `LABELS`, which mean something only where the first is True.

    """
    ordered = np.sort(votes, 1)
    clear = (ordered[:, -1] > ordered[:, -2]) & (votes.argmax(1) < len(LABELS))
    of_column = np.array([LABELS.index(name) if name in LABELS else 0 for name in VOTES])
    return clear, of_column[votes.argmax(1)]


_Arrays = tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8], NDArray[np.int64], NDArray[np.bool_]]


def _read_npz(path: Path) -> _Arrays:
    with np.load(path) as data:
        return (
            data["images"],
            data["labels"].astype(np.int64),
            data["votes"],
            data["split"].astype(np.int64),
            data["leak"].astype(bool),
        )


def _read_csv(path: Path, votes: Path | None) -> _Arrays:
    images, labels, split = [], [], []
    with path.open(newline="") as stream:
        for row in csv.DictReader(stream):
            images.append(np.array(row["pixels"].split(), np.uint8).reshape(SIDE, SIDE))
            labels.append(int(row["emotion"]))
            split.append(_SPLIT_OF_USAGE[row["Usage"]])
    counts = np.zeros((len(labels), len(VOTES)), np.uint8)
    if votes:
        with votes.open(newline="") as stream:
            rows = [row[2:] for row in csv.reader(stream)][1:]  # the first two columns are usage and file name
        counts = np.array(rows, np.uint8)
        if counts.shape != (len(labels), len(VOTES)):
            msg = f"{votes} has {counts.shape[0]} rows of {counts.shape[1]} votes, not {len(labels)} of {len(VOTES)}"
            raise ValueError(msg)
    return (
        np.stack(images),
        np.array(labels, np.int64),
        counts,
        np.array(split, np.int64),
        np.zeros(len(labels), bool),
    )
