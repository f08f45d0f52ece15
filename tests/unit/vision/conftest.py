"""What the tests of the pipeline share."""

import pytest

from edge.vision.schedule import Schedule


@pytest.fixture
def quick_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let searches take no time, so that the schedule does not depend on how busy the machine of the tests is."""
    scanned = Schedule.scanned

    def at_once(schedule: Schedule, now: float, took: float) -> None:
        del took
        scanned(schedule, now, 0.0)

    monkeypatch.setattr(Schedule, "scanned", at_once)
