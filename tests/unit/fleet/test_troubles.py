"""What of a device's messages needs a person."""

import pytest

from edge.contract.reading import Place
from edge.fleet.troubles import troubles
from edge.watch.rooms import Room, now
from tests.support.plans import info


@pytest.mark.parametrize(
    ("interval", "listened", "codes"), [(10, 35, ["no_record"]), (45, 35, []), (45, 60, ["no_record"])]
)
def test_a_record_is_missed_only_once_it_is_due(interval: int, listened: float, codes: list[str]) -> None:
    """A device that is well sends one an interval, and up to a quarter of that later."""
    room = Room(Place("north", "pi-1"), info=info(interval_seconds=interval), online=True)
    assert [each.code for each in troubles(room, 0, now(), listened)] == codes
