"""A broker that holds back nothing, and someone who sees all that it passes on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Mosquitto, until
from tests.faults.disk import mounted
from tests.faults.road import UNLIMITED, Witness


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running Mosquitto without bounds of its own."""
    mosquitto = Mosquitto(tmp_path, f"allow_anonymous true\n{UNLIMITED}")
    mosquitto.start()
    yield mosquitto
    mosquitto.stop()


@pytest.fixture
def witness(broker: Mosquitto) -> Iterator[Witness]:
    """A subscriber to all records."""
    seen = Witness(broker.port)
    until(lambda: seen.subscribed)
    yield seen
    seen.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for a few hundred records."""
    with mounted(tmp_path / "disk", "128k") as disk:
        yield disk
