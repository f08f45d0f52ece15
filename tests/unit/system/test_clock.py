"""Intervals line up with the wall clock and survive its steps."""

import itertools
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from edge.system.clock import IntervalClock, Restamper, iso


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
    steps=st.lists(
        st.floats(-30, 30) | st.sampled_from([-3600, 3600, -315e6, 315e6]) | st.floats(-1e6, 1e6),
        min_size=2,
        max_size=25,
    ),
    length=st.sampled_from([5, 10, 60]),
)
def test_no_interval_is_negative_overlapping_or_endless(steps: list[float], length: int) -> None:
    """Whatever the wall clock does: by an hour or ten years, forwards, backwards, into time that was counted."""
    time = Time(wall=1e9)
    clock = time.clock(length)
    starts = set()
    for step in steps:
        time.wall += step
        interval = clock.next()
        assert interval.end - interval.start == length
        assert interval.start % length == 0
        assert interval.start not in starts
        starts.add(interval.start)
        left = interval.deadline - time.monotonic
        assert length / 2 - 1e-6 <= left <= 1.5 * length + 1e-6
        time.pass_by(left)


def test_a_leap_second_smeared_over_a_day_moves_no_boundary() -> None:
    """A smear slows the wall clock by 1/86,400: intervals still follow each other without gap or overlap."""
    time = Time(wall=1e9)
    clock = time.clock(10)
    last = clock.next()
    for _ in range(8640):
        passed = last.deadline - time.monotonic
        time.monotonic += passed
        time.wall += passed * (1 - 1 / 86_400)
        interval = clock.next()
        assert interval.start == last.end
        last = interval


def test_after_a_step_back_into_counted_time_the_names_meet_the_clock_again() -> None:
    time = Time(wall=1_000_000.0)
    clock = time.clock(10)
    for _ in range(720):
        interval = clock.next()
        time.pass_by(interval.deadline - time.monotonic)
    time.wall -= 3600
    for _ in range(720):
        interval = clock.next()
        time.pass_by(interval.deadline - time.monotonic)
    assert interval.end == time.wall


@given(
    phase=st.floats(0, 10),
    lateness=st.lists(st.floats(0, 0.2), min_size=1, max_size=30),
    wrong=st.floats(-1e8, 1e8),
)
def test_what_was_made_before_the_clock_was_right_tiles_with_what_comes_after(
    phase: float, lateness: list[float], wrong: float
) -> None:
    time = Time(wall=1e9 + phase + wrong)
    clock = time.clock(10)
    ends = []
    for late in lateness:
        time.pass_by(clock.next().deadline - time.monotonic + late)
        ends.append(time.monotonic)
    time.wall -= wrong
    after = iso(clock.next().start)
    restamper = Restamper(10, lambda: time.wall, lambda: time.monotonic)
    stamped = [restamper.stamp(end) for end in ends]
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(stamped))
    assert stamped[-1][1] <= after or abs(wrong) < 3600
    for (_, stamp), end in zip(stamped, ends, strict=True):
        true = time.wall - (time.monotonic - end)
        assert abs(datetime.fromisoformat(stamp).timestamp() - true) <= 10


def test_times_are_written_as_the_contract_says() -> None:
    assert iso(1_763_802_300) == "2025-11-22T09:05:00Z"
