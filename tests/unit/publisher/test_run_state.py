"""The publisher's part in changing the configuration: with the observer, or not at all."""

from pathlib import Path

import pytest

from edge.config import Settings
from edge.config.completeness import END
from edge.publisher.state.run_state import RunState
from edge.system.configuration import Configuration
from edge.system.configuration_hash import make_configuration_hash
from edge.system.reload import Reload
from edge.system.running import read_note
from edge.system.service import Service
from tests.support.heartbeat import heartbeat


class Bench:
    """A publisher's notes on a file that changed since both processes used it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "state"
        self.file = folder / "config.toml"
        self.now = 1000.0
        self.write(5)
        self.configuration = Configuration(self.file)
        self.one = self.configuration.begin()
        self.configuration.use(self.one)
        self.reload = Reload(self.configuration.read, Service())
        self.state = self._state(self.one)
        assert self.state.heard(heartbeat(configuration=make_configuration_hash(self.one)))
        self.write(60)

    def write(self, seconds: int) -> None:
        text = f'interval_seconds = {seconds}\n[spool]\ndirectory = "{self.folder}"\n{END}\n'
        self.file.write_text(text)

    def start(self, settings: Settings) -> None:
        self.reload = Reload(self.configuration.read, Service())
        self.state.close()
        self.state = self._state(settings)

    def _state(self, settings: Settings) -> RunState:
        state = RunState(self.folder, settings, self.configuration, lambda: self.now)
        state.begin()
        return state

    def ready(self) -> str:
        note = read_note(self.folder)
        assert note is not None
        return note.ready


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_an_observer_that_was_started_with_the_changed_file_is_followed(bench: Bench) -> None:
    changed = bench.one.model_copy(update={"interval_seconds": 60})
    assert not bench.state.heard(heartbeat(configuration=make_configuration_hash(changed)))
    bench.state.follow(bench.reload)
    assert bench.reload.poll()
    assert bench.reload.take(bench.one).interval_seconds == 60


def test_an_observer_that_says_anything_else_changes_nothing(bench: Bench) -> None:
    for number in range(20):
        bench.state.heard(heartbeat(configuration=f"{number:012x}"))
        bench.now += 1000
        bench.state.follow(bench.reload)
        bench.state.follow(bench.reload)
        assert not bench.reload.poll()


def test_a_publisher_goes_back_to_an_observer_that_keeps_the_last_good_configuration(bench: Bench) -> None:
    changed = bench.configuration.read()
    bench.configuration.use(changed)
    bench.start(changed)
    bench.state.heard(heartbeat(configuration=make_configuration_hash(bench.one)))
    bench.state.follow(bench.reload)
    bench.now += 120
    bench.state.follow(bench.reload)
    assert not bench.reload.poll(), "the observer ends an interval of a minute, and loads a model"
    bench.now += 150
    bench.state.follow(bench.reload)
    assert bench.reload.poll()
    assert bench.reload.take(changed) == bench.one


def test_a_file_that_cannot_be_used_is_no_longer_announced(bench: Bench) -> None:
    bench.reload.ask()
    assert bench.reload.poll()
    assert bench.state.propose(bench.reload.take(bench.one)) == bench.ready() != ""
    bench.file.write_text("nonsense = 1\n")
    bench.reload.ask()
    assert not bench.reload.poll()
    bench.state.follow(bench.reload)
    assert bench.ready() == ""


def test_lengths_of_the_last_good_and_of_earlier_intervals_are_known(bench: Bench) -> None:
    assert bench.state.former_intervals() == {5.0: float("inf")}
    changed = bench.configuration.read()
    assert bench.state.former_intervals() == {5.0: float("inf"), 60.0: float("inf")}
    bench.configuration.use(changed)
    bench.start(changed)
    bench.now = 2000.0
    bench.state.heard(heartbeat(configuration=make_configuration_hash(changed)))
    assert bench.state.former_intervals() == {5.0: 2000.0, 60.0: float("inf")}
