"""Photographs without people, each searched several times by the whole pipeline."""

import pytest

from edge.camera.sources.picture import read_luma
from edge.config import Vision
from edge.vision.pipeline import Pipeline
from tests.conftest import data

pytestmark = pytest.mark.usefixtures("quick_searches")

SIGHTINGS = 5
"""Frames of a still picture: more than it takes to confirm a person, and a still picture gives no more evidence."""


@pytest.mark.timeout(600)
def test_no_person_is_seen_in_wallpapers() -> None:
    pipeline = Pipeline(Vision(still_seconds=10))
    files = sorted(data("faces-dev").glob("noface/wallpaper*"))
    assert len(files) > 20
    for file in files:
        pipeline.reset()
        luma = read_luma(file)
        seen = [len(pipeline.analyse(luma, now)) for now in range(0, 10 * SIGHTINGS, 10)]
        assert seen == [0] * SIGHTINGS, file.name
