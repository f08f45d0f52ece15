"""Our pipeline, as the observer runs it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import cv2
import numpy as np

from edge.config import Vision
from edge.vision.pipeline import Pipeline
from tests.bench.stopwatch import run

pipeline = Pipeline(Vision())


def analyse(frame: object, now: float) -> int:
    """Count the people in a frame."""
    luma = np.asarray(cv2.cvtColor(np.asarray(frame), cv2.COLOR_BGR2GRAY), np.uint8)
    return len(pipeline.analyse(luma, now))


run(analyse)
