"""How often the same place is searched."""

import pytest

from edge.vision.schedule import Schedule
from edge.vision.throttle import throttle


def test_searches_take_at_most_half_of_the_time() -> None:
    schedule = Schedule(1)
    for now in range(3):
        schedule.searched(now, 0.4)
    assert (schedule.between_scans, schedule.is_throttled) == (1, False)
    schedule.searched(3, 2.0)
    assert (schedule.between_scans, schedule.is_throttled) == (4, True)


def test_a_search_that_is_spread_over_frames_counts_as_a_whole() -> None:
    schedule = Schedule(1)
    for number in range(12):
        schedule.searched(number / 4, 0.3)
    assert schedule.between_scans >= 2 * 3 * 0.3


def test_searches_come_back_when_they_are_fast_again() -> None:
    schedule = Schedule(1)
    schedule.searched(0, 2.0)
    for now in range(4, 9):
        schedule.searched(now, 0.1)
    assert not schedule.is_throttled


def test_searches_are_stretched_on_a_hot_device_and_come_back() -> None:
    schedule = Schedule(1)
    schedule.slow_down(2)
    assert (schedule.between_scans, schedule.is_throttled) == (2, True)
    schedule.slow_down(1)
    assert not schedule.is_throttled


@pytest.mark.parametrize(
    ("celsius", "throttled", "factor"),
    [
        (None, None, 1),
        (60.0, 0, 1),
        (60.0, 0x50000, 1),  # both are over
        (76.0, 0, 2),
        (60.0, 0x8, 2),
        (83.0, 0, 4),
        (60.0, 0x50005, 4),
    ],
)
def test_a_hot_or_weak_device_searches_less(celsius: float | None, throttled: int | None, factor: float) -> None:
    assert throttle(celsius, throttled) == factor
