"""Faces and nothing else: what stands in the classifier's place where emotions must not be inferred."""

import numpy as np
from numpy.typing import NDArray

from edge.config import Vision
from edge.contract.records import Runtime
from edge.vision.classifier import Answers
from edge.vision.detectors.base import Detector


class NullClassifier:
    """Believes the detector and infers nothing; no model is loaded."""

    runtime: Runtime = "opencv"
    reference = None

    def __init__(self, detector: Detector) -> None:
        self.name = detector.name

    @staticmethod
    def classify(faces: NDArray[np.uint8]) -> Answers:
        """Answer for (N, 48, 48) faces: (N, 0) probabilities, and that each is a face."""
        return Answers(np.empty((len(faces), 0)), np.ones(len(faces)))


def strict(settings: Vision) -> Vision:
    """Return the settings of a cascade that nobody corrects."""
    neighbors = ("keep_neighbors", "confirm_neighbors")
    return settings.model_copy(update={**dict.fromkeys(neighbors, settings.presence_neighbors), "side_faces_every": 0})
