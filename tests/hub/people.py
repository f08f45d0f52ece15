"""Two sites with rooms, the people of each, and clients that are logged in as them."""

from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from edge.contract.reading import Place
from edge.contract.records import PublishedRecord
from edge.hub.alerts.alerts import Alerts
from edge.hub.broker.ingest import State
from edge.hub.broker.live import Live
from edge.hub.broker.now import News
from edge.hub.lesson.calendars import calendars_of
from edge.hub.lesson.lessons import Lessons
from edge.hub.lesson.timetable import Timetables
from edge.hub.settings import HubSettings
from edge.hub.store.database import Database
from edge.hub.store.history import History
from edge.hub.store.writer import Store
from edge.hub.web.access import CSRF_HEADER, Access
from edge.hub.web.api import Served, build
from edge.system.clock import iso
from tests.hub.running import health_of
from tests.views.published import Device

PASSWORD = "correct horse battery staple"
DEVICES = {"pi-1": ("north", "N-one"), "pi-2": ("north", "N-two"), "pi-3": ("south", "S-three")}
"""Site and room of each."""
TEACHERS = {"anna": "pi-1", "bert": "pi-2", "carl": "pi-3"}
HEADS = {"hanna": "north", "hugo": "south"}
SCREENS = {"hall": "pi-1", "yard": "pi-2"}


def lessons_of(database: Database, settings: HubSettings) -> Lessons:
    """Return what the hub computes of lessons; its calendars were not read yet."""
    return Lessons(database, Timetables(settings.timetables, calendars_of(settings)))


class School:
    """An application on a store with records of all devices, and accounts of everyone."""

    def __init__(self, folder: Path, **sections: Any) -> None:
        settings = HubSettings.model_validate({"store": {"directory": str(folder / "hub")}, **sections})
        self.database = Database(settings)
        self.database.upgrade()
        self.store = Store(self.database, 10)
        self.live = Live(0)
        self.devices = {name: Device(name, site=site, room=room) for name, (site, room) in DEVICES.items()}
        for name, (site, room) in DEVICES.items():
            self.move(name, room)
            health = health_of(name, time=iso(self.devices[name].time))
            self.store.write([(Place(site, name), health)], {"not JSON": 1})
        self.access = Access(self.database, settings)
        self.lessons = lessons_of(self.database, settings)
        self.serve(Alerts.of(settings, self.database, self.live.now, State))
        self.tokens: dict[str, str] = {}

    def serve(self, alerts: Alerts) -> None:
        """Make the application."""
        self.app = build(Served(History(self.database), self.live, State, alerts, self.lessons), self.access)

    def move(self, name: str, room: str) -> None:
        """Let a device publish from a room."""
        place = Place(DEVICES[name][0], name)
        record = PublishedRecord.model_validate(self.devices[name].next(8.0) | {"room": room})
        self.store.write([(place, record)], {})
        self.live.publish([News(place, record), News(place, health_of(name))])

    def admit_everyone(self) -> None:
        add = self.access.accounts.add
        for name, device in TEACHERS.items():
            add(name, "teacher", (DEVICES[device][0], [device]), PASSWORD, "test")
        for name, site in HEADS.items():
            add(name, "head", (site, []), PASSWORD, "test")
        add("ada", "admin", ("", []), PASSWORD, "test")
        for name, device in SCREENS.items():
            self.tokens[name] = self.access.accounts.add_token(name, (DEVICES[device][0], [device]), "test")

    def client(self) -> TestClient:
        return TestClient(self.app, base_url="http://127.0.0.1:8350", raise_server_exceptions=False)

    def logged_in(self, name: str, password: str = PASSWORD) -> TestClient:
        """Return a client with the cookie and the CSRF token of an account, or the token of a screen."""
        client = self.client()
        if name in self.tokens:
            client.headers["Authorization"] = f"Bearer {self.tokens[name]}"
        else:
            answer = client.post("/api/v1/session", json={"name": name, "password": password})
            assert answer.status_code == 200, answer.text
            client.headers[CSRF_HEADER] = answer.json()["csrf"]
        return client


def session(client: Any) -> Any:
    """Return what the hub says of a client's login."""
    return client.get("/api/v1/session")
