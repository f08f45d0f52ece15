"""Faces that are no people in the room do not make a group: through vision, counting and disclosure control."""

import numpy as np
import pytest

from edge.camera.sources.base import Luma
from edge.config import Vision
from edge.contract.records import Disclosed, PrivacyNote
from edge.counting.interval import IntervalCounter
from edge.privacy.disclosure import DisclosureControl
from edge.vision.pipeline import Pipeline
from tests.support.counts import counts
from tests.support.pictures import empty_frame, scene_frame

pytestmark = pytest.mark.usefixtures("quick_searches")

PRIVACY = PrivacyNote(min_group=5, max_share=1.0, min_cell=0.0)


def record(frames: list[Luma]) -> Disclosed:
    """Return the record of two intervals of frames, 0.5 s apart; before it, a larger group was published."""
    pipeline, control = Pipeline(Vision()), DisclosureControl()
    assert control.disclose(counts(8.0, happy=3.0), PRIVACY).suppressed is None
    for half in range(2):
        counter = IntervalCounter(unsure_below=0.0)
        for number, frame in enumerate(frames):
            counter.add(pipeline.analyse(frame, (half * len(frames) + number) / 2))
        counted = counter.close(len(frames))
        if half == 0:
            assert counted.faces.max == 5
    return control.disclose(counted, PRIVACY)


def noisy(number: int) -> Luma:
    noise = np.random.default_rng(number).normal(0, 3, (720, 1280))
    return np.clip(scene_frame(12.0) + noise, 0, 255).astype(np.uint8)


def moving(number: int) -> Luma:
    return scene_frame(9.0 + number / 2)


def test_five_people_are_published() -> None:
    assert record([moving(number) for number in range(20)]).suppressed is None


def test_five_portraits_on_the_wall_are_not() -> None:
    assert record([noisy(number) for number in range(20)]).suppressed == "below_min_group"


def test_nor_are_five_people_who_leave_after_most_of_the_interval() -> None:
    leave = [moving(number) if number < 16 else empty_frame() for number in range(20)]
    assert record(leave).suppressed == "below_min_group"
