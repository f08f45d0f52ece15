"""What the service manager hears of the hub."""

from edge.hub.broker.ingest import State
from edge.hub.watchdog import Watchdog
from edge.system.service import Service


def heard(state: State, now: float) -> list[str]:
    """Return what one turn of the server notifies."""
    lines: list[str] = []
    service = Service(lambda message: lines.extend(message.splitlines()), lambda: now)
    Watchdog(lambda: state, service, lambda: now).turn()
    return lines


def test_a_hub_that_works_is_alive_and_says_how_it_is() -> None:
    said = heard(State(connected=True, stored=7, due=100.0), now=50.0)
    assert said == ["WATCHDOG=1", "STATUS=broker ok, 7 records stored"]


def test_a_broker_that_is_down_is_healthy_and_named() -> None:
    said = heard(State(problem="localhost:1883: refused", due=100.0), now=50.0)
    assert said == ["WATCHDOG=1", "STATUS=no broker, 0 records stored; localhost:1883: refused"]


def test_an_ingestion_that_hangs_is_left_to_the_watchdog() -> None:
    assert heard(State(connected=True, due=100.0), now=101.0) == []
