"""What a disk did not take is neither lost with a reload nor for want of another try."""

import logging
from pathlib import Path

import pytest

from edge.config import Privacy
from edge.contract.records import PauseOrder
from edge.pause import remote
from edge.pause.memory import memory_path, remembered
from edge.pause.remote import RemotePause
from edge.privacy import settings
from edge.privacy.settings import PrivacyStore
from edge.system.unwritten import Unwritten
from tests.support.clock import Time

_LATER = 120.0
"""Seconds after which the disk has been tried again."""


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def unwritten(time: Time, monkeypatch: pytest.MonkeyPatch) -> Unwritten:
    """That of a new process."""
    one = Unwritten(time)
    for module in (remote, settings):
        monkeypatch.setattr(module, "UNWRITTEN", one)
    return one


def test_orders_on_a_disk_without_room_outlive_a_reload_and_are_written_once_there_is_room(
    tmp_path: Path, unwritten: Unwritten, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    state = tmp_path / "state"
    state.write_text("a file where the folder should be")
    RemotePause(state).switch(True)
    store = PrivacyStore(state, Privacy())
    store.apply(min_group=12)
    store.save()
    assert caplog.text.count("forgotten at a restart") == 2
    assert RemotePause(state).order == PauseOrder(remote=True)  # as after a reload
    assert PrivacyStore(state, Privacy()).now.min_group == 12
    time.now += _LATER
    unwritten.run_due()
    assert caplog.text.count("forgotten at a restart") == 2  # once is enough
    state.unlink()
    time.now += _LATER
    unwritten.run_due()
    assert caplog.text.count("is written now") == 2
    assert remembered(memory_path(state)).remote
    assert '"min_group":12' in (state / "privacy.json").read_text()


def test_the_latest_order_is_the_one_that_is_written(tmp_path: Path, unwritten: Unwritten, time: Time) -> None:
    state = tmp_path / "state"
    state.write_text("a file where the folder should be")
    pause = RemotePause(state)
    pause.switch(True)
    pause.switch(False)
    state.unlink()
    time.now += _LATER
    unwritten.run_due()
    assert not remembered(memory_path(state)).remote
    assert unwritten.text(memory_path(state)) is None
