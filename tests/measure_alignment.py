"""Would levelling the eyes help? `python -m tests.measure_alignment [YUNET.onnx]`.

The original project found facial features between detection and classification. Here FER-2013's PublicTest faces, which
are crops of a Haar cascade as ours are, are turned so that the eyes are level before they are classified: with eyes
from OpenCV's eye cascade, and with YuNet's landmarks where its file is given. Compared on the same rows.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.config import SHIPPED_MODELS, Vision
from edge.vision.classifier import EmotionClassifier
from models.training.dataset import load, plurality_of
from tests.conftest import DATA

_ENLARGED = 192
_MARGIN = 48
_MOST_TURNED = 30.0  # degrees: more is a mistaken eye

Eyes = tuple[tuple[float, float], tuple[float, float]]
"""The two eyes, left one of the picture first, in units of the face's side."""


def by_cascade() -> Callable[[NDArray[np.uint8]], Eyes | None]:
    cascade = cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / "haarcascade_eye.xml"))

    def find(face: NDArray[np.uint8]) -> Eyes | None:
        large = cv2.resize(face, (_ENLARGED, _ENLARGED), interpolation=cv2.INTER_CUBIC)
        upper = large[: _ENLARGED * 6 // 10]
        found, weights = cascade.detectMultiScale2(upper, 1.1, 3, minSize=(28, 28))
        best = [found[i] for i in np.argsort(-np.asarray(weights).reshape(-1))[:2]]
        if len(best) < 2 or abs(best[0][0] - best[1][0]) < _ENLARGED / 5:
            return None
        left, right = sorted(((x + w / 2) / _ENLARGED, (y + h / 2) / _ENLARGED) for x, y, w, h in best)
        return left, right

    return find


def by_yunet(model: Path) -> Callable[[NDArray[np.uint8]], Eyes | None]:
    side = _ENLARGED + 2 * _MARGIN
    detector = cv2.FaceDetectorYN.create(str(model), "", (side, side), score_threshold=0.6)

    def find(face: NDArray[np.uint8]) -> Eyes | None:
        large = cv2.resize(face, (_ENLARGED, _ENLARGED), interpolation=cv2.INTER_CUBIC)
        framed = cv2.copyMakeBorder(large, _MARGIN, _MARGIN, _MARGIN, _MARGIN, cv2.BORDER_REPLICATE)
        _number, found = detector.detect(cv2.cvtColor(framed, cv2.COLOR_GRAY2BGR))
        faces = [] if found is None else list(found)
        if not faces:
            return None
        points = (faces[0][4:8].reshape(2, 2) - _MARGIN) / _ENLARGED
        left, right = sorted((float(x), float(y)) for x, y in points)
        return left, right

    return find


def level(face: NDArray[np.uint8], eyes: Eyes) -> NDArray[np.uint8] | None:
    """Return the face turned about its centre so that the eyes are level, or None where they cannot be eyes."""
    (x0, y0), (x1, y1) = eyes
    angle = float(np.degrees(np.arctan2(y1 - y0, x1 - x0)))
    if abs(angle) > _MOST_TURNED:
        return None
    side = face.shape[0]
    turn = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), angle, 1.0)
    return cv2.warpAffine(face, turn, (side, side), borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)


def main(yunet: Path | None) -> None:
    rows = load(DATA / "fer2013.npz")["public"]
    voted, plurality = plurality_of(rows.votes)
    images, seen = rows.images[voted], plurality[voted]
    ways = {"eye cascade": by_cascade()} | ({"YuNet": by_yunet(yunet)} if yunet else {})
    for way, find in ways.items():
        levelled = [None if eyes is None else level(face, eyes) for face in images for eyes in [find(face)]]
        usable = np.array([face is not None for face in levelled])
        turned = np.stack([face for face in levelled if face is not None])
        for model in SHIPPED_MODELS:
            classifier = EmotionClassifier(Vision(model=model))
            before = classifier.classify(images[usable]).probabilities.argmax(1) == seen[usable]
            after = classifier.classify(turned).probabilities.argmax(1) == seen[usable]
            lost, gained = int((before & ~after).sum()), int((after & ~before).sum())
            print(
                f"{way}, {model}: eyes found in {100 * usable.mean():.0f} % of {len(usable)} faces; of those right "
                f"{100 * before.mean():.2f} % as they are, {100 * after.mean():.2f} % levelled "
                f"({gained} gained, {lost} lost)"
            )


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
