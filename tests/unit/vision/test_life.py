"""A portrait on the wall is no person, and a real person is no portrait."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from edge.camera.sources.base import Luma
from edge.config import Vision
from edge.counting.interval import Person
from edge.vision.life import FURNITURE_SECONDS, LifeSigns
from edge.vision.pipeline import Pipeline
from edge.vision.tracker import Sighting
from tests.conftest import data
from tests.measure_furniture import CLIPS, LOOK_SECONDS, changes, looks, still
from tests.support.pictures import scene_frame

pytestmark = pytest.mark.usefixtures("quick_searches")

BOX = np.array([100, 100, 80, 80], np.int32)
EVERY = 15.0
MINUTES = FURNITURE_SECONDS + EVERY


def picture(seed: int = 0) -> Luma:
    """Return a picture with something to see in each place."""
    coarse = np.random.default_rng(seed).integers(0, 255, (24, 32))
    return np.kron(coarse, np.ones((10, 10))).astype(np.uint8)


def sighting(track: int = 1, *, found: bool = True) -> Sighting:
    return Sighting(track, BOX, 0 if found else None, seen=found, frames=1)


def watched(life: LifeSigns, luma: Luma, begin: float, seconds: float, track: int = 1) -> float:
    """Let a face be looked at for so long; return the time of the last look."""
    now = begin
    while now < begin + seconds:
        now += EVERY
        life.look(luma, [sighting(track)], now)
    return now


def noisy(luma: Luma, seed: float) -> Luma:
    noise = np.random.default_rng(int(seed * 10)).normal(0, 3, luma.shape)
    return np.clip(luma + noise, 0, 255).astype(np.uint8)


@dataclass(frozen=True)
class Gallery:
    """A pipeline that saw nothing but portraits for minutes, and the people whom it saw at each look."""

    pipeline: Pipeline
    seen: list[list[Person]]


@pytest.fixture(scope="module")
def gallery(quick_searches: None) -> Gallery:
    """Searched once: it costs seconds. Only one test of them may show this pipeline more."""
    del quick_searches
    pipeline = Pipeline(Vision())
    times = (0.0, 1.5, *np.arange(EVERY, MINUTES + EVERY, EVERY))
    return Gallery(pipeline, [pipeline.analyse(noisy(scene_frame(12.0), now), now) for now in times])


def test_people_who_never_move_are_counted_for_minutes_and_then_no_more(gallery: Gallery) -> None:
    """All this time they are not known to live, so they do not make a group."""
    seen = gallery.seen
    assert [len(people) for people in seen[1:20]] == [5] * 19
    assert seen[-1] == []
    assert not any(person.alive for people in seen for person in people)


def test_people_who_move_are_known_to_live() -> None:
    pipeline = Pipeline(Vision())
    for now in (0.0, 1.5, 3.0, 4.5):
        people = pipeline.analyse(scene_frame(12.0 + now), now)
    assert [person.alive for person in people] == [True] * 5


@pytest.mark.parametrize("clip", CLIPS)
def test_every_real_face_moves_within_seconds(clip: str) -> None:
    data(f"video/{clip}")
    life, frames = LifeSigns(), looks(clip)
    faces = [np.array(face.box, np.int32) for face in Pipeline(Vision()).examine(frames[0])]
    assert faces
    for number, frame in enumerate(frames):
        life.look(
            frame, [Sighting(i, box, i, seen=True, frames=1) for i, box in enumerate(faces)], number * LOOK_SECONDS
        )
    assert all(life.is_alive(track, len(frames) * LOOK_SECONDS) for track in range(len(faces)))


@pytest.mark.parametrize("noise", [3.0, 10.0])
def test_noise_flicker_and_a_cloud_do_not_bring_a_picture_to_life(noise: float) -> None:
    assert max(changes(list(still(scene_frame(12.0), noise, 0.6)))) < 0.15


def test_a_face_that_moves_again_is_a_person_again() -> None:
    life = LifeSigns()
    now = watched(life, picture(), 0, MINUTES)
    assert life.is_furniture(1, now)
    life.look(picture(1), [sighting()], now + 1)
    assert (life.is_furniture(1, now + 1), life.is_alive(1, now + 1)) == (False, True)


def test_someone_who_then_sits_still_for_minutes_proves_nothing_any_more() -> None:
    life = LifeSigns()
    life.look(picture(1), [sighting()], 0)
    life.look(picture(), [sighting()], 1)
    assert life.is_alive(1, 100)
    now = watched(life, picture(), 1, MINUTES)
    assert (life.is_furniture(1, now), life.is_alive(1, now)) == (True, False)


@pytest.mark.parametrize("forget", ["lost", "reset"])
def test_a_portrait_that_the_detector_loses_and_finds_again_is_not_new(forget: str) -> None:
    life = LifeSigns()
    now = watched(life, picture(), 0, MINUTES)
    if forget == "reset":
        life.reset()
    else:
        life.look(picture(), [], now)
    life.look(picture(), [sighting(2)], now + 1)
    assert life.is_furniture(2, now + 1)


def test_someone_who_sits_down_in_front_of_a_portrait_is_a_person() -> None:
    life = LifeSigns()
    now = watched(life, picture(), 0, MINUTES)
    life.look(picture(), [], now)
    life.look(picture(1), [sighting(2)], now + 1)
    assert not life.is_furniture(2, now + 1)


def test_light_that_moves_over_a_wall_in_minutes_is_no_movement() -> None:
    life = LifeSigns()
    across = np.linspace(0, 1, 320)[None]
    for number in range(25):
        shade = (picture() * 0.5 + number * 4 * across).astype(np.uint8)
        life.look(shade, [sighting()], number * EVERY)
    assert life.is_furniture(1, 24 * EVERY)


def test_someone_who_is_only_remembered_has_not_moved() -> None:
    life = LifeSigns()
    life.look(picture(), [sighting()], 0)
    life.look(picture(1), [sighting(found=False)], 1)
    assert not life.is_alive(1, 1)


def test_a_portrait_stays_furniture_when_the_camera_changes_its_size(gallery: Gallery) -> None:
    """Else it would be a person for five more minutes at each change."""
    small = np.asarray(cv2.resize(scene_frame(12.0), (960, 540), interpolation=cv2.INTER_AREA), np.uint8)
    begin = MINUTES + 2 * EVERY
    seen = [gallery.pipeline.analyse(noisy(small, now), now) for now in (begin, begin + 1.5, begin + EVERY)]
    assert seen[1:] == [[], []]


def test_of_several_portraits_that_were_lost_each_is_known_again() -> None:
    """The second of them ended the observer: ValueError, in the comparison of two places."""
    life, luma = LifeSigns(), picture()
    boxes = {1: BOX, 2: BOX + np.array([100, 0, 0, 0], np.int32)}
    for now in (0.0, EVERY):
        life.look(luma, [Sighting(track, box, 0, seen=True, frames=1) for track, box in boxes.items()], now)
    life.reset()
    life.look(luma, [Sighting(3, boxes[2], 0, seen=True, frames=1)], 2 * EVERY)
    assert life.is_furniture(3, FURNITURE_SECONDS)


@pytest.mark.parametrize(
    ("stays", "away", "is_known"),
    [(EVERY, 60, True), (EVERY, 301, False), (MINUTES, 64 * 3600, True), (MINUTES, 97 * 3600, False)],
    ids=["moment", "someone", "weekend", "holidays"],
)
def test_a_still_face_that_left_is_remembered_for_minutes_and_a_portrait_for_a_weekend(
    stays: float, away: float, *, is_known: bool
) -> None:
    """Each may have been a person, of whom a small picture was kept for as long as the room stayed empty."""
    life, luma = LifeSigns(), picture()
    left = watched(life, luma, 0, stays)
    life.reset()
    back = left + away
    life.look(luma, [sighting(2)], back)
    assert life.is_furniture(2, max(back, MINUTES)) == is_known


def test_in_a_dark_room_still_faces_are_forgotten_too() -> None:
    pipeline, dark = Pipeline(Vision()), np.zeros((720, 1280), np.uint8)
    for now in (0.0, 1.5):
        pipeline.analyse(scene_frame(12.0), now)
    pipeline.analyse(dark, 2.0)
    assert len(pipeline._life._left) == 5
    pipeline.analyse(dark, FURNITURE_SECONDS + 2.0)
    assert not pipeline._life._left
