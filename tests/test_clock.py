"""Intervals line up with the wall clock and survive its steps."""

from hypothesis import given
from hypothesis import strategies as st

from edge.clock import IntervalClock, iso


class Time:
    """A wall clock and a monotonic clock that a test moves."""

    def __init__(self, wall: float) -> None:
        self.wall, self.monotonic = wall, 100.0

    def pass_by(self, seconds: float) -> None:
        self.wall += seconds
        self.monotonic += seconds

    def clock(self, length: int) -> IntervalClock:
        return IntervalClock(length, lambda: self.wall, lambda: self.monotonic)


def test_a_start_in_the_middle_ends_at_the_boundary() -> None:
    time = Time(wall=1003.0)
    interval = time.clock(10).next()
    assert (interval.start, interval.end) == (1000, 1010)
    assert interval.deadline == 107.0


def test_waking_just_before_the_boundary_gives_no_second_copy() -> None:
    time = Time(wall=1000.0)
    clock = time.clock(10)
    first = clock.next()
    time.pass_by(9.998)
    second = clock.next()
    assert (first.end, second.start, second.end) == (1010, 1010, 1020)


def test_a_forward_step_skips_to_the_new_time() -> None:
    """As when NTP first answers on a Pi without a battery clock."""
    time = Time(wall=1000.0)
    clock = time.clock(10)
    clock.next()
    time.pass_by(10)
    time.wall += 1e8
    assert clock.next().start == 100_001_010


def test_a_small_backward_step_neither_overlaps_nor_repeats() -> None:
    time = Time(wall=1000.0)
    clock = time.clock(10)
    starts = []
    for step in (0, -15, 0, 0):
        time.wall += step
        interval = clock.next()
        starts.append(interval.start)
        time.pass_by(interval.deadline - time.monotonic)
    assert starts == sorted(set(starts))


@given(
    steps=st.lists(st.floats(-30, 1e6), min_size=2, max_size=20),
    length=st.sampled_from([5, 10, 60]),
)
def test_no_interval_is_negative_overlapping_or_endless(steps: list[float], length: int) -> None:
    time = Time(wall=1e9)
    clock = time.clock(length)
    last_end = 0
    for step in steps:
        time.wall += step
        interval = clock.next()
        assert interval.end - interval.start == length
        assert interval.start % length == 0
        assert interval.start >= last_end or last_end - time.wall > 60
        assert 0 <= interval.deadline - time.monotonic <= 2 * length
        last_end = interval.end
        time.pass_by(interval.deadline - time.monotonic)


def test_times_are_written_as_the_contract_says() -> None:
    assert iso(1_763_802_300) == "2025-11-22T09:05:00Z"
