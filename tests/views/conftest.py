"""A client that publishes at the test's broker."""

from collections.abc import Iterator

import pytest

from tests.conftest import Mosquitto
from tests.views.published import Sender


@pytest.fixture
def sender(broker: Mosquitto) -> Iterator[Sender]:
    client = Sender(broker.port)
    yield client
    client.close()
