"""Stores of both kinds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.hub.settings import HubSettings
from edge.hub.store.database import Database
from tests.conftest import Mosquitto
from tests.hub.people import School
from tests.views.postgres import Postgres
from tests.views.published import Sender


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL for all tests of a worker; skips by name where there is none."""
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty store; SQLite has none."""
    if request.param == "sqlite":
        return ""
    server: Postgres = request.getfixturevalue("postgres")
    server.sql("DROP SCHEMA IF EXISTS emotion_edge CASCADE")
    return f"postgresql://owner@/postgres?host={server.environment['PGHOST']}"


@pytest.fixture
def settings(url: str, tmp_path: Path) -> HubSettings:
    return HubSettings.model_validate({"store": {"url": url, "directory": str(tmp_path / "hub")}})


@pytest.fixture
def database(settings: HubSettings) -> Iterator[Database]:
    """A database whose tables are up to date."""
    database = Database(settings)
    database.upgrade()
    yield database
    database.engine.dispose()


@pytest.fixture
def queueing(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that keeps sessions, and any number of messages for them."""
    mosquitto = Mosquitto(tmp_path)
    mosquitto.start()
    yield mosquitto
    mosquitto.stop()


@pytest.fixture
def sender(queueing: Mosquitto) -> Iterator[Sender]:
    client = Sender(queueing.port)
    yield client
    client.close()


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    school = School(tmp_path)
    yield school
    school.database.engine.dispose()
