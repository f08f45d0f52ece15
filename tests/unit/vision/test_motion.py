"""Motion: what is a change depends on the light and on the sensor's noise."""

import numpy as np
import pytest

from edge.camera.sources.base import Luma
from edge.vision.light import cells, contrast
from edge.vision.motion import MotionGate
from tests.support.light import dimmed

ROOM = np.tile(np.linspace(20, 220, 1280, dtype=np.float32), (720, 1)).astype(np.uint8)
"""A picture with the contrast of a well lit room."""
EVERYWHERE = np.ones(cells(ROOM).shape, bool)


def moved(gate: MotionGate, frame: Luma) -> bool:
    picture = cells(frame)
    return bool(gate.changed(picture, contrast(picture)).any())


@pytest.mark.parametrize("gain", [1, 0.5, 0.25, 0.12])
@pytest.mark.parametrize("noise", [1, 3])
def test_sensor_noise_is_not_motion_and_a_face_is_in_any_light(gain: float, noise: float) -> None:
    gate, generator = MotionGate(), np.random.default_rng(0)
    assert moved(gate, dimmed(ROOM, gain, noise, generator))
    gate.mark(EVERYWHERE)
    for _ in range(10):
        assert not moved(gate, dimmed(ROOM, gain, noise, generator))
    someone = ROOM.copy()
    someone[300:340, 600:640] = 200
    assert moved(gate, dimmed(someone, gain, noise, generator))


def test_the_lamp_that_goes_on_is_motion() -> None:
    gate, generator = MotionGate(), np.random.default_rng(0)
    for _ in range(10):
        moved(gate, dimmed(ROOM, 0.25, 1, generator))
    gate.mark(EVERYWHERE)
    assert moved(gate, dimmed(ROOM, 1, 1, generator))


def test_slow_change_adds_up_until_it_is_seen() -> None:
    """Someone whom the light reaches slowly, by three grey levels a frame."""
    gate = MotionGate()
    moved(gate, ROOM)
    gate.mark(EVERYWHERE)
    seen = []
    for level in (0, 3, 6, 12):
        lit = ROOM.copy()
        lit[300:340, 600:640] += np.uint8(level)
        seen.append(moved(gate, lit))
    assert seen == [False, False, False, True]


def test_daylight_and_exposure_are_no_motion_and_someone_who_comes_meanwhile_is() -> None:
    gate, generator = MotionGate(), np.random.default_rng(0)
    moved(gate, dimmed(ROOM, 0.8, 1, generator))
    gate.mark(EVERYWHERE)
    assert [moved(gate, dimmed(ROOM, gain, 1, generator)) for gain in (0.75, 0.7, 0.65)] == [False] * 3
    someone = ROOM.copy()
    someone[300:340, 600:640] = 200
    picture = cells(dimmed(someone, 0.6, 1, generator))
    rows, columns = np.nonzero(gate.changed(picture, contrast(picture)))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (37, 42, 75, 79)


def test_what_is_marked_in_one_place_is_still_a_change_elsewhere() -> None:
    gate = MotionGate()
    moved(gate, ROOM)
    gate.mark(EVERYWHERE)
    two = ROOM.copy()
    two[300:340, 200:240] = two[300:340, 600:640] = 250
    picture = cells(two)
    changed = gate.changed(picture, contrast(picture))
    left = np.zeros(changed.shape, bool)
    left[:, :50] = True
    gate.mark(left)
    again = gate.changed(picture, contrast(picture))
    assert changed[:, :50].any()
    assert not again[:, :50].any()
    assert (again[:, 50:] == changed[:, 50:]).all()


def test_a_frame_of_another_size_is_motion() -> None:
    gate = MotionGate()
    moved(gate, np.zeros((720, 1280), np.uint8))
    gate.mark(EVERYWHERE)
    assert moved(gate, np.zeros((480, 640), np.uint8))
    gate.mark(EVERYWHERE)
    assert not moved(gate, np.zeros((480, 640), np.uint8))
    assert moved(gate, np.zeros((90, 120), np.uint8))
