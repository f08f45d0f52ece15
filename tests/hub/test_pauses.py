"""Orders to devices where the broker fails at the worst moment."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.contract.reading import Place
from edge.errors import EdgeError
from edge.hub.broker import pauses as pauses_module
from edge.hub.broker import switch as switch_module
from edge.hub.broker.pauses import Pauses
from edge.hub.broker.switch import NobodyListens, OutcomeUnknown, Switch
from edge.hub.people.audit import Audit
from edge.hub.settings import HubSettings
from edge.hub.store.database import Database
from tests.conftest import Mosquitto, until
from tests.hub.people import School

PLACE = Place("north", "pi-1")


@pytest.fixture
def switch(broker: Mosquitto, tmp_path: Path) -> Iterator[Switch]:
    sections = {
        "mqtt": {"url": f"mqtt://127.0.0.1:{broker.port}", "retry_cap_seconds": 1},
        "store": {"directory": str(tmp_path / "hub")},
        "commands": {"username": "hub-commands"},
    }
    switch = Switch(HubSettings.model_validate(sections), lambda: None)
    switch.start()
    yield switch
    switch.close()
    switch.check()


@pytest.fixture
def url() -> str:
    return ""


def test_a_pause_keeps_its_end_where_nobody_knows_whether_it_arrived(
    database: Database, switch: Switch, broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = Audit(database)
    pauses = Pauses(database, log, switch)
    end = datetime.now(UTC) + timedelta(hours=1)

    def ordered() -> type[EdgeError] | None:
        try:
            pauses.order(PLACE, "anna", paused=True, until=end)
        except EdgeError as error:
            return type(error)
        return None

    until(lambda: ordered() is NobodyListens)
    assert pauses.state(PLACE)["by"] is None
    monkeypatch.setattr(switch_module, "_ANSWER_SECONDS", 1.0)
    broker.signal(signal.SIGSTOP)
    try:
        until(lambda: ordered() is OutcomeUnknown)
    finally:
        broker.signal(signal.SIGCONT)
    state = pauses.state(PLACE)
    assert (state["by"], state["until"]) == ("anna", end.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert log.entries(None, 0, 2**33, 1)[0]["detail"].startswith("perhaps")


def test_a_pause_keeps_its_end_where_nobody_knows_whether_the_order_to_resume_arrived(database: Database) -> None:
    end = datetime.now(UTC) + timedelta(hours=1)
    broker = Broker()
    pauses = Pauses(database, Audit(database), broker)
    pauses.order(PLACE, "anna", paused=True, until=end)
    broker.trouble[PLACE] = OutcomeUnknown("the broker", "has not answered", "try again")
    with pytest.raises(OutcomeUnknown):
        pauses.order(PLACE, "anna", paused=False, until=None)
    state = pauses.state(PLACE)
    assert (state["by"], state["until"]) == ("anna", end.strftime("%Y-%m-%dT%H:%M:%SZ"))


def test_nobody_is_told_that_an_order_was_not_sent_where_it_may_have_arrived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    school = School(tmp_path)
    school.admit_everyone()

    def order(*_: object, **__: object) -> None:
        raise OutcomeUnknown("the broker", "has not answered within 10 s", "see whether the device is paused")

    monkeypatch.setattr(school.access.pauses, "order", order)
    answer = school.logged_in("anna").post("/api/v1/devices/pi-1/pause", json={"paused": True})
    assert (answer.status_code, answer.json()["code"]) == (503, "outcome_unknown")
    assert "it is not known whether the device has the order" in answer.json()["detail"]
    school.database.engine.dispose()


def test_devices_that_do_not_listen_do_not_keep_others_paused(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They come first, as their pauses were to end first, and they may have been taken away for ever."""
    monkeypatch.setattr(pauses_module, "_AT_ONCE", 2)
    broker, now = Broker(), datetime.now(UTC)
    pauses = Pauses(database, Audit(database), broker)
    places = [Place("north", f"pi-{number}") for number in range(5)]
    for number, place in enumerate(places):
        pauses.order(place, "anna", paused=True, until=now - timedelta(seconds=60 - number))
    broker.trouble = {place: NobodyListens("the device", "is away", "look") for place in places[:4]}
    for _ in range(3):
        pauses.end_due()
    assert broker.sent[-1] == (places[4], False)


class Broker(Switch):
    """Takes every order at once, but for devices in trouble; a real broker cannot be made to lose one answer."""

    def __init__(self) -> None:
        self.trouble: dict[Place, EdgeError] = {}
        self.sent: list[tuple[Place, bool]] = []

    def send(self, place: Place, *, paused: bool) -> None:
        if place in self.trouble:
            raise self.trouble[place]
        self.sent.append((place, paused))

    def paused(self, place: Place) -> bool | None:
        return dict(self.sent).get(place)

    def over(self, place: Place) -> bool:
        return self.paused(place) is False
