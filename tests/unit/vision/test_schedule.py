"""When a frame is searched for faces, looked at again, or left alone."""

import pytest

from edge.vision.schedule import Look, Schedule
from edge.vision.throttle import throttle


def looks(schedule: Schedule, frames: list[tuple[float, bool]], took: float = 0.1, *, unsettled: bool = False) -> str:
    """Return the first letters of what is done with frames of (time, moved)."""
    done = ""
    for now, moved in frames:
        look = schedule.look(now, moved=moved, unsettled=unsettled)
        if look is Look.SCAN:
            schedule.scanned(now, took)
        elif look is Look.RECHECK:
            schedule.rechecked(now)
        done += look.name[0]
    return done


def half_seconds(n: int, *, moved: bool) -> list[tuple[float, bool]]:
    return [(i / 2, moved) for i in range(n)]


def test_a_moving_room_is_scanned_once_a_second_and_rechecked_in_between() -> None:
    assert looks(Schedule(1, 10), half_seconds(6, moved=True)) == "SRSRSR"


def test_known_faces_are_looked_at_again_once_between_scans() -> None:
    assert looks(Schedule(2, 10), half_seconds(9, moved=True)) == "SHRHSHRHS"


def test_a_still_room_is_scanned_every_ten_seconds() -> None:
    assert looks(Schedule(1, 10), half_seconds(41, moved=False)) == "S" + "H" * 19 + "S" + "H" * 19 + "S"


def test_someone_new_is_confirmed_even_if_they_sit_still() -> None:
    assert looks(Schedule(2, 10), half_seconds(5, moved=False), unsettled=True) == "SHSHS"


def test_slow_scans_take_at_most_half_of_the_time() -> None:
    schedule = Schedule(1, 10)
    assert looks(schedule, [(i / 2, True) for i in range(9)], took=2.0) == "SHHHRHHHS"
    assert schedule.is_throttled


def test_scans_are_stretched_on_a_hot_device_and_come_back() -> None:
    schedule = Schedule(1, 10)
    schedule.slow_down(2)
    assert looks(schedule, half_seconds(5, moved=True)) == "SHRHS"
    assert schedule.is_throttled
    schedule.slow_down(1)
    assert not schedule.is_throttled


def test_after_a_gap_the_next_frame_is_scanned() -> None:
    schedule = Schedule(1, 10)
    looks(schedule, [(0, True)])
    schedule.reset()
    assert looks(schedule, [(0.1, False)]) == "S"


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
def test_a_hot_or_weak_device_scans_less(celsius: float | None, throttled: int | None, factor: float) -> None:
    assert throttle(celsius, throttled) == factor
