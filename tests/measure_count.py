"""Measure the count on clips whose truth is known: `python -m tests.measure_count [key=value ...]`, keys of [vision].

Frames are taken at the default pace of a device; the error is that of `faces.mean`, interval by interval.
"""

import sys

import cv2
import numpy as np

from edge.camera.sources.base import Luma
from edge.config import Settings, Vision
from edge.counting.interval import IntervalCounter
from edge.vision.pipeline import Pipeline
from tests.conftest import DATA

CLIPS = {"mosaic12.mp4": 12}
"""People in every frame of each clip."""

INTERVALS = 6


def read(clip: str) -> tuple[list[Luma], float]:
    """Return all frames of a clip, (height, width) uint8, and how many a second has."""
    capture = cv2.VideoCapture(str(DATA / "video" / clip))
    frames = []
    while capture.grab():
        frames.append(np.asarray(cv2.cvtColor(capture.retrieve()[1], cv2.COLOR_BGR2GRAY), np.uint8))
    return frames, capture.get(cv2.CAP_PROP_FPS)


def counts(clip: str, vision: Vision) -> list[float]:
    """Return the mean number of people of every interval while the clip plays over and over."""
    settings = Settings()
    frames, rate = read(clip)
    pipeline = Pipeline(vision)
    means = []
    for interval in range(INTERVALS):
        counter = IntervalCounter(vision.unsure_below, pipeline.classifier.prior)
        expected = round(settings.interval_seconds * settings.camera.frames_per_second)
        for number in range(interval * expected, (interval + 1) * expected):
            now = number / settings.camera.frames_per_second
            counter.add(pipeline.analyse(frames[round(now * rate) % len(frames)], now))
        mean = counter.close(expected).faces.mean
        assert mean is not None
        means.append(mean)
    return means


def main(*changes: str) -> None:
    """Print the counts and their mean absolute error."""
    vision = Vision.model_validate(dict(change.split("=", 1) for change in changes))
    for clip, truth in CLIPS.items():
        means = counts(clip, vision)
        error = np.abs(np.array(means) - truth).mean()
        print(f"{clip}: {', '.join(f'{mean:.1f}' for mean in means)}; mean absolute error {error:.2f} of {truth}")


if __name__ == "__main__":
    main(*sys.argv[1:])
