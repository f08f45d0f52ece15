"""The HTTP API: what it answers, and what it says to a request that is wrong."""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.testclient import TestClient

from edge.contract.reading import Place
from edge.contract.records import PublishedRecord
from edge.hub.alerts.alerts import Alerts
from edge.hub.broker.ingest import State
from edge.hub.broker.live import Live
from edge.hub.broker.now import News
from edge.hub.people.roles import EVERYTHING, Scope
from edge.hub.settings import HubSettings
from edge.hub.store.database import Database
from edge.hub.store.history import History
from edge.hub.store.writer import Store
from edge.hub.web import messages
from edge.hub.web.access import Access
from edge.hub.web.api import Served, build
from edge.system.clock import iso
from tests.hub.people import lessons_of
from tests.hub.running import around_now, health_of
from tests.views.published import Device

ROUTES = (
    "rooms",
    "records",
    "averages",
    "health",
    "gaps",
    "state",
    "devices",
    "live",
    "lessons",
    "lesson",
    "comparison",
    "heat",
)
ROOM: dict[str, Any] = {"site": "north", "room": "B12"}


class Bench:
    """An application on a store with records of one room, and a client on this machine."""

    def __init__(self, database: Database) -> None:
        self.device = Device("pi-1")
        self.published = [self.device.next() for _ in range(30)]
        self.store = Store(database, 10)
        place = Place("north", "pi-1")
        records = [(place, PublishedRecord.model_validate(record)) for record in self.published]
        self.store.write([*records, (place, health_of("pi-1", time=iso(self.device.time)))], {"not JSON": 2})
        self.live = Live(2)
        self.live.publish([News(*record) for record in records])
        alerts = Alerts.of(HubSettings(), database, self.live.now, State)
        self.app: FastAPI = build(
            Served(History(database), self.live, State, alerts, lessons_of(database, HubSettings())), Access(database)
        )
        self.client = TestClient(self.app, base_url="http://127.0.0.1:8350", raise_server_exceptions=False)

    def get(self, route: str, **parameters: Any) -> Any:
        return self.client.get(f"/api/v1/{route}", params=parameters)


@pytest.fixture
def url() -> str:
    """SQLite alone: what is asked of the database is in test_store.py, for both."""
    return ""


@pytest.fixture
def bench(database: Database) -> Iterator[Bench]:
    bench = Bench(database)
    with bench.client:
        yield bench


def detail(answer: Any, status: int) -> str:
    """Return what a problem says."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said = messages.Problem.model_validate(answer.json())
    assert said.status == status
    return said.detail


@pytest.mark.parametrize(
    ("route", "more", "model"),
    [
        ("rooms", {}, messages.Rooms),
        ("records", ROOM | around_now(), messages.Records),
        ("averages", ROOM | around_now(), messages.Averages),
        ("health", {"site": "north", "device": "pi-1"} | around_now(), messages.HealthOfDevice),
        ("gaps", ROOM | around_now(), messages.Gaps),
        ("state", {}, messages.HubState),
        ("devices", {}, messages.DevicesNow),
    ],
)
def test_answers_keep_to_the_document(bench: Bench, route: str, more: dict[str, Any], model: type[BaseModel]) -> None:
    answer = bench.get(route, **more)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    content = model.model_validate(answer.json())
    assert route == "gaps" or any(content.model_dump().values())


def test_the_document_names_every_route(bench: Bench) -> None:
    document = bench.get("openapi.json").json()
    read_only = {path for path, methods in document["paths"].items() if set(methods) == {"get"}}
    assert read_only == {
        f"/api/v1/{route}" for route in (*ROUTES, "alerts", "audit", "metrics", "oidc/callback", "oidc/login")
    }
    changing = {"session", "devices/{device}/pause", "alerts/test", "password", "marks", "marks/{mark}"}
    assert set(document["paths"]) - read_only == {f"/api/v1/{route}" for route in changing}


def test_pages_hold_every_record_once(bench: Bench) -> None:
    found: list[dict[str, Any]] = []
    more: dict[str, Any] = {}
    while True:
        page = bench.get("records", **ROOM, **around_now(), limit=7, **more).json()
        found += page["records"]
        if page["next"] is None:
            break
        more = {"after": page["next"]}
    assert found == bench.published


@pytest.mark.parametrize(
    ("route", "parameters", "words"),
    [
        ("rooms", {"romo": "B12"}, "romo: there is no such parameter"),
        ("records", {}, "from: field required; to: field required; site: field required; room: field required"),
        ("records", ROOM | around_now() | {"from": "yesterday"}, "from: "),
        ("records", ROOM | around_now() | {"from": "2026-11-26T08:00:00"}, "from: input should have timezone info"),
        ("records", ROOM | around_now() | {"to": "2000-01-01T00:00:00Z"}, "`to` must be later than `from`"),
        ("records", ROOM | around_now() | {"limit": 5001}, "limit: "),
        ("records", ROOM | around_now() | {"limit": "x"}, "limit: "),
        ("records", ROOM | around_now() | {"after": "1-2-3; DROP"}, "after: "),
        ("records", ROOM | around_now() | {"room": "r" * 65}, "room: "),
        ("records", ROOM | around_now() | {"site": ""}, "site: "),
        ("records", ROOM | around_now() | {"site": "a\x00b"}, "site: "),
        ("averages", ROOM | around_now() | {"resolution": "day"}, "resolution: "),
        ("averages", ROOM | around_now(days=16), "at most 31 days"),
        ("averages", ROOM | around_now(days=201) | {"resolution": "hour"}, "at most 400 days"),
        ("gaps", ROOM | around_now(days=16), "at most 31 days"),
        ("health", {"site": "north"} | around_now(), "device: field required"),
        ("live", {"since": 1}, "since: there is no such parameter"),
        ("state", {"x": 1}, "x: there is no such parameter"),
    ],
)
def test_a_wrong_parameter_is_named(bench: Bench, route: str, parameters: dict[str, Any], words: str) -> None:
    assert words in detail(bench.get(route, **parameters), 422)


def test_an_unknown_route_is_a_problem(bench: Bench) -> None:
    assert "openapi.json" in detail(bench.get("nothing/here"), 404)
    assert detail(bench.client.get("/nothing.html"), 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("route", ROUTES)
def test_nothing_can_be_written(bench: Bench, method: str, route: str) -> None:
    detail(bench.client.request(method, f"/api/v1/{route}"), 405)


def test_a_page_of_another_name_reads_nothing(bench: Bench) -> None:
    """DNS rebinding: a name of an attacker that leads to this machine."""
    for host in ("evil.example", "127.0.0.1.evil.example", ""):
        answer = bench.client.get("/api/v1/rooms", headers={"Host": host})
        assert answer.status_code == 400
        assert "B12" not in answer.text


def test_a_browser_keeps_files_whose_name_changes_with_them_and_asks_for_the_others(bench: Bench) -> None:
    """Else a new release would be there only after a second load, or the service worker of an old one would stay."""
    index = bench.client.get("/")
    asset = re.search(r"assets/[^\"]+\.js", index.text)
    assert asset is not None
    kept = {
        path: bench.client.get(path).headers["cache-control"] for path in ("/", "/config.json", f"/{asset[0]}", "/x")
    }
    assert kept == {
        "/": "no-cache",
        "/config.json": "no-cache",
        f"/{asset[0]}": "public, max-age=31536000, immutable",
        "/x": "no-cache",
    }
    policy = index.headers["content-security-policy"]
    assert "worker-src 'self'" in policy
    assert "manifest-src 'self'" in policy


def test_every_answer_has_the_headers_of_a_safe_page(bench: Bench) -> None:
    for path in ("/", "/config.json", "/api/v1/rooms", "/api/v1/nothing"):
        headers = bench.client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in headers
    assert "<title>emotion-edge</title>" in bench.client.get("/").text


def test_names_are_data_in_every_answer(bench: Bench) -> None:
    name = "<img src=x onerror=alert(1)>\x1b[2J"
    device = Device("pi-2", room=name)
    bench.store.write([(Place("north", "pi-2"), PublishedRecord.model_validate(device.next()))], {})
    answer = bench.get("rooms")
    assert answer.headers["content-type"] == "application/json"
    assert name in {room["room"] for room in answer.json()["rooms"]}
    assert bench.get("records", site="north", room=name, **around_now()).json()["records"]
    missing = bench.get("records", **{name: "x"})
    assert missing.headers["content-type"] == "application/problem+json"


def test_a_database_that_fails_is_a_problem_and_no_statement(bench: Bench, database: Database) -> None:
    with database.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE health")
    said = detail(bench.get("health", site="north", device="pi-1", **around_now()), 503)
    assert "SELECT" not in said


def test_a_client_that_is_too_slow_is_disconnected() -> None:
    """And costs no more memory than its queue."""
    device = Device("pi-1")
    records = [News(Place("north", "pi-1"), PublishedRecord.model_validate(device.next())) for _ in range(1500)]

    async def same() -> Scope:
        return EVERYTHING

    async def read_nothing() -> list[str]:
        live = Live(1)
        live.begin()
        stream = live.stream(EVERYTHING, same)
        read = [await anext(stream)]
        full = [live.full]
        await asyncio.to_thread(live.publish, records[:750])
        await asyncio.to_thread(live.publish, records[750:])
        read += [event async for event in stream]
        assert [*full, live.full] == [True, False]
        return read

    assert len(asyncio.run(read_nothing())) == 1


def test_more_clients_than_allowed_are_refused(bench: Bench) -> None:
    bench.live._clients |= {asyncio.Queue(): EVERYTHING, asyncio.Queue(): EVERYTHING}
    assert "too many clients" in detail(bench.get("live"), 503)
