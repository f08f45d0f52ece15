"""What the publisher holds is released, however its construction or its run ends."""

import gc
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.config import Settings
from edge.errors import EdgeError, Unavailable
from edge.mqtt.session import Session
from edge.publisher.publisher import Publisher
from edge.system.reload import Reload
from edge.system.service import Service
from edge.system.state_lock import is_locked
from tests.support.fresh_process import run_alone


def open_files() -> Counter[str]:
    """Return what this process holds open and how often, by what it is and not by number."""
    found: Counter[str] = Counter()
    for file in Path("/proc/self/fd").iterdir():
        try:
            name = str(file.readlink())
        except FileNotFoundError:  # the listing's own
            continue
        found["a socket" if name.startswith("socket:") else name] += 1
    return found


def left_open_by_refusal(settings: Settings) -> tuple[str, Counter[str]]:
    """Return why a publisher cannot be made of `settings`, and what the attempt left open."""
    before = open_files()
    try:
        Publisher(settings, Service()).close()
    except EdgeError as error:
        # `error` holds the traceback, and with it all that the attempt had made: it must have been closed by now.
        return str(error), open_files() - before
    return "", open_files() - before


def left_open_by_reloads(settings: Settings) -> Counter[str]:
    """Return what two more runs leave open than one."""
    stop = threading.Event()
    stop.set()
    found = []
    for _ in range(3):
        Publisher(settings, Service()).run(stop, Reload(lambda: settings, Service()))
        gc.collect()
        found.append(open_files())
    return found[-1] - found[0]


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def changed(settings: Settings, **sections: object) -> Settings:
    return Settings.model_validate(settings.model_dump() | sections)


def test_a_publisher_whose_last_resource_is_taken_holds_nothing(settings: Settings, taken_port: int) -> None:
    why, left = run_alone(left_open_by_refusal, changed(settings, metrics={"listen": f"127.0.0.1:{taken_port}"}))
    assert "metrics.listen" in why
    assert not left
    assert not is_locked(Path(settings.spool.directory))
    assert not Path(settings.door.path).exists()
    Publisher(settings, Service()).close()


def test_a_door_that_is_taken_is_left_to_its_owner(settings: Settings) -> None:
    owner = Publisher(settings, Service())
    other = changed(settings, spool={"directory": f"{settings.spool.directory}-other"})
    with pytest.raises(Unavailable, match="another publisher already listens there"):
        Publisher(other, Service())
    assert Path(settings.door.path).is_socket()
    owner.close()
    assert not Path(settings.door.path).exists()


def test_settings_that_are_refused_early_open_nothing(settings: Settings) -> None:
    refused = changed(settings, mqtt={"url": "mqtts://localhost", "ca_file": "/nowhere/ca.crt"})
    why, left = run_alone(left_open_by_refusal, refused)
    assert "/nowhere/ca.crt" in why
    assert not left
    assert not Path(settings.door.path).exists()


def test_a_run_that_ends_in_an_error_holds_nothing(settings: Settings) -> None:
    publisher = Publisher(settings, Service())

    def fail() -> Settings:
        raise RuntimeError

    reload = Reload(fail, Service())
    reload.ask()
    with pytest.raises(RuntimeError):
        publisher.run(threading.Event(), reload)
    assert not Path(settings.door.path).exists()
    assert not is_locked(Path(settings.spool.directory))
    assert (Path(settings.spool.directory) / "last-exit").read_text() == "running\n", "an error is no clean exit"


def test_many_reloads_leave_no_file_open(settings: Settings) -> None:
    assert not run_alone(left_open_by_reloads, settings)


def test_a_publisher_whose_connection_thread_has_ended_ends(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would go on for ever and publish nothing."""

    def fail(_session: Session) -> None:
        msg = "nobody expected this"
        raise RuntimeError(msg)

    monkeypatch.setattr(Session, "_try_each", fail)
    with pytest.raises(RuntimeError, match="nobody expected this"):
        Publisher(settings, Service()).run(threading.Event(), Reload(lambda: settings, Service()))
    assert not Path(settings.door.path).exists()
