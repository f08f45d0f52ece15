"""The verdict of `make soak`."""

import random

from tests.soak.flat import BOUNDS, course

HOUR = 3600.0
SECONDS = [60.0 * minute for minute in range(12 * 60)]


def test_a_slow_leak_of_twelve_hours_is_not_flat() -> None:
    noise = random.Random(1)
    found = course(SECONDS, [50 + 0.7 * second / HOUR + noise.gauss(0, 2) for second in SECONDS], BOUNDS["own"])
    assert found is not None
    assert not found.is_flat
    assert 0.5 < found.per_hour < 0.9


def test_what_is_taken_at_the_start_and_single_peaks_are_no_leak() -> None:
    values = [30.0 if second < HOUR else 50.0 for second in SECONDS]
    values[-100::10] = [90.0] * 10
    values[500:] = [value + 4 for value in values[500:]]  # a peak of the work, once
    found = course(SECONDS, values, BOUNDS["own"])
    assert found is not None
    assert found.is_flat


def test_a_leak_in_steps_is_not_flat() -> None:
    found = course(SECONDS, [50.0 + second // 1800 for second in SECONDS], BOUNDS["own"])
    assert found is not None
    assert not found.is_flat


def test_too_few_samples_give_no_verdict() -> None:
    assert course(SECONDS[:15], [1.0] * 15, 3.0) is None
    assert course([], [], 3.0) is None
