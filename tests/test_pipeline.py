"""From frames to people."""

import numpy as np
import pytest

from edge.camera.images import read_luma
from edge.config import Vision
from edge.vision.pipeline import Pipeline
from tests.conftest import data
from tests.pictures import scene_frame

SIGHTINGS = 5
"""Frames of a still picture: more than it takes to confirm a person, and a still picture gives no more evidence."""


def test_people_are_counted_classified_and_then_remembered() -> None:
    pipeline = Pipeline(Vision())
    assert pipeline.analyse(scene_frame(12.0)) == []
    people = pipeline.analyse(scene_frame(12.1))
    assert len(people) == 5
    assert all(person.probabilities is not None for person in people)
    held = pipeline.analyse(np.full((720, 1280), 128, np.uint8))
    assert {person.track for person in held} == {person.track for person in people}
    assert all(person.probabilities is None for person in held)
    assert set(pipeline.stopwatch.milliseconds) == {"detect", "track", "classify"}


def test_a_single_picture_is_examined_without_waiting_for_confirmation() -> None:
    faces = Pipeline(Vision()).examine(scene_frame())
    assert len(faces) == 5
    assert sorted(face.emotion for face in faces).count("happy") == 3
    assert all(0 < face.score < 1 for face in faces)


@pytest.mark.timeout(600)
def test_no_person_is_seen_in_wallpapers() -> None:
    pipeline = Pipeline(Vision())
    files = sorted(data("faces-dev").glob("noface/wallpaper*"))
    assert len(files) > 20
    for file in files:
        pipeline.reset()
        luma = read_luma(file)
        assert [len(pipeline.analyse(luma)) for _ in range(SIGHTINGS)] == [0] * SIGHTINGS, file.name
