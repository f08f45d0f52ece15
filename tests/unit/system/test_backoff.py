"""Waits between attempts are bounded, spread, and start anew only when told to."""

from edge.system.backoff import Backoff


def longest(_low: float, high: float) -> float:
    return high


def test_waits_double_up_to_the_cap_and_start_anew_after_a_reset() -> None:
    backoff = Backoff(cap=10, uniform=longest)
    assert [backoff.next() for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    backoff.reset()
    assert backoff.next() == 1


def test_a_fleet_does_not_return_in_lockstep() -> None:
    waits = {round(Backoff(cap=60).next(), 6) for _ in range(100)}
    assert len(waits) > 90
    assert min(waits) > 0


def test_years_of_failures_do_not_overflow() -> None:
    backoff = Backoff(cap=60, uniform=longest)
    for _ in range(5000):
        wait = backoff.next()
    assert wait == 60
