"""A second look at known places: whether the face is still there, and what it shows now."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.vision.classifier import EmotionClassifier
from edge.vision.score_fusion import fused_probability


@dataclass(frozen=True)
class Rechecked:
    """What looks at T known places said.

    Attributes:
        looked: (T,) which were looked at.
        still: (T,) where the face is still there.
        face: (T,) probability of a face.
        probabilities: (T, 7) of the emotions; (T, 0) in presence mode.

    """

    looked: NDArray[np.bool_]
    still: NDArray[np.bool_]
    face: NDArray[np.float64]
    probabilities: NDArray[np.float64]

    @classmethod
    def none(cls, places: int, emotions: int) -> "Rechecked":
        """Return that none of `places` was looked at."""
        return cls(np.zeros(places, bool), np.zeros(places, bool), np.zeros(places), np.zeros((places, emotions)))

    @property
    def gone(self) -> NDArray[np.bool_]:
        """(T,) where the face is not there any more: it has moved, or left."""
        return self.looked & ~self.still

    def joined(self, other: "Rechecked") -> "Rechecked":
        """Return these looks and those of `other`, at other places."""
        probabilities = np.where(other.looked[:, None], other.probabilities, self.probabilities)
        return Rechecked(self.looked | other.looked, self.still | other.still, self.face + other.face, probabilities)


def recheck(
    classifier: EmotionClassifier, faces: NDArray[np.uint8], due: NDArray[np.bool_], least: float, evidence: float = 0.0
) -> Rechecked:
    """Look at some of T places.

    Args:
        classifier: says whether it is a face.
        faces: (N, 48, 48) uint8, what is at the N places to look at.
        due: (T,) which they are.
        least: probability from which it is a face.
        evidence: log-odds that are added to the classifier's.

    """
    answers = classifier.classify(faces)
    score = fused_probability(answers.face, np.full(len(answers.face), evidence)) if evidence else answers.face
    still = np.zeros(len(due), bool)
    still[due] = score >= least
    face = np.zeros(len(due))
    face[due] = score
    probabilities = np.zeros((len(due), answers.probabilities.shape[1]))
    probabilities[due] = answers.probabilities
    return Rechecked(due, still, face, probabilities)
