"""The process in which an operator's own model is tried: `main` with the argument MODEL; see `edge.vision.trial`."""

import contextlib
import json
import resource
import sys

import numpy as np

from edge.config import Vision
from edge.errors import UnusableModel
from edge.system.privileges import forbid_core_dumps
from edge.vision.classifier import EmotionClassifier
from edge.vision.crops import SIDE
from edge.vision.trial import REFUSED, SECONDS

_BATCHES = (1, 2, 16, 5)
_LIMITS = (
    (resource.RLIMIT_DATA, 400 * 2**20),
    (resource.RLIMIT_CPU, SECONDS),
    (resource.RLIMIT_FSIZE, 0),
)


def main() -> None:
    """Load the model and let it answer, under limits; print why it is refused, if it is."""
    forbid_core_dumps()
    for name, most in _LIMITS:
        with contextlib.suppress(ValueError, OSError):  # under a sandbox with a lower limit, or that forbids to set any
            resource.setrlimit(name, (most, most))
    try:
        classifier = EmotionClassifier(Vision(model=sys.argv[1]), tried=True)
    except UnusableModel as error:
        print(json.dumps([error.problem, error.remedy]))  # noqa: T201 - to the process that waits
        sys.exit(REFUSED)
    for size in _BATCHES:
        classifier.classify(np.zeros((size, SIDE, SIDE), np.uint8))
