"""The observer's part in changing the configuration: with the publisher, or not at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.config import Settings
from edge.door.client import DoorClient
from edge.door.server import DoorServer
from edge.observer.agreement import Agreement
from edge.system.configuration_hash import make_configuration_hash
from edge.system.reload import Reload
from edge.system.running import Running, write_running
from edge.system.service import Service


class Bench:
    """An observer's agreement, a door that a publisher holds open, and what this publisher notes."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder = Path(settings.spool.directory)
        self.one = settings
        self.other = settings.model_copy(update={"interval_seconds": 60})
        self.file = self.other
        self.now = 1000.0
        self.asked = 0
        self.door = DoorClient(folder / "agreement.sock")
        self.reload = Reload(self._read, Service())
        self.agreement = Agreement(self.door, self.reload, lambda: self.one, lambda: self.now)
        self.agreement.use(self.one)

    def _read(self) -> Settings:
        self.asked += 1
        return self.file

    def note(self, publisher: Settings, ready: Settings | None = None) -> None:
        hashes = [make_configuration_hash(one) if one else "" for one in (publisher, ready)]
        write_running(self.folder, Running(publisher=hashes[0], observer="", ready=hashes[1], reload_pid=2))

    def ends_interval(self, seconds: float = 5) -> bool:
        """Let an interval end; return whether there are settings to use now."""
        self.now += seconds
        self.reload.follow()
        return self.reload.poll()


@pytest.fixture
def bench(tmp_path: Path, settings: Settings) -> Bench:
    return Bench(tmp_path, settings)


@pytest.fixture
def beside_publisher(bench: Bench, tmp_path: Path) -> Iterator[Bench]:
    server = DoorServer(tmp_path / "agreement.sock")
    bench.door.pump()
    assert server.accept() is not None
    assert bench.door.is_connected
    yield bench
    bench.door.close()
    server.close()


def test_without_a_publisher_new_settings_are_used_at_once(bench: Bench) -> None:
    bench.note(bench.one)
    bench.reload.ask()
    assert bench.reload.poll()


def test_new_settings_wait_until_the_publisher_is_ready(beside_publisher: Bench) -> None:
    bench = beside_publisher
    bench.note(bench.one)
    bench.reload.ask()
    assert not bench.ends_interval()
    bench.note(bench.one, ready=bench.other)
    assert bench.ends_interval()
    assert bench.reload.take(bench.one) is bench.other


def test_a_publisher_that_was_started_with_a_changed_file_is_followed_once(beside_publisher: Bench) -> None:
    bench = beside_publisher
    bench.note(bench.other)
    assert bench.ends_interval()
    assert bench.reload.take(bench.one) is bench.other
    assert not any(bench.ends_interval() for _ in range(100)), "the model could not be loaded: it is not tried again"
    assert bench.asked == 1


def test_a_publisher_that_keeps_the_former_settings_takes_the_observer_back(beside_publisher: Bench) -> None:
    bench = beside_publisher
    bench.agreement.use(bench.other)
    bench.note(bench.one, ready=bench.other)
    assert not any(bench.ends_interval() for _ in range(100)), "it is about to change"
    bench.note(bench.one)
    assert not bench.ends_interval()
    assert not bench.ends_interval(), "it may be about to follow an observer that was started with another file"
    assert bench.ends_interval(60)
    assert bench.reload.take(bench.other) is bench.one
