"""What tests of pages and views share: a browser, the dashboard's web server and broker, and clients that publish."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.conftest import Mosquitto
from tests.views.browser import Devices, School, chromium
from tests.views.published import Sender


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def school(tmp_path: Path) -> Iterator[School]:
    broker = School(tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def devices(school: School) -> Iterator[Devices]:
    several = Devices(school.port)
    yield several
    several.close()


@pytest.fixture
def sender(broker: Mosquitto) -> Iterator[Sender]:
    client = Sender(broker.port)
    yield client
    client.close()
