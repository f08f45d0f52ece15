"""What the publisher holds is released, however its construction or its run ends."""

import gc
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.config import Settings
from edge.errors import ConfigError, Unavailable
from edge.mqtt.session import Session
from edge.publisher.publisher import Publisher
from edge.system.reload import Reload
from edge.system.service import Service
from edge.system.state_lock import is_locked


def open_files() -> set[str]:
    """Return what this process holds open, by what it is and not by number."""
    found = set()
    for file in Path("/proc/self/fd").iterdir():
        try:
            found.add(str(file.readlink()))
        except FileNotFoundError:  # the listing's own
            continue
    return found


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def changed(settings: Settings, **sections: object) -> Settings:
    return Settings.model_validate(settings.model_dump() | sections)


def test_a_publisher_whose_last_resource_is_taken_holds_nothing(settings: Settings, taken_port: int) -> None:
    before = open_files()
    with pytest.raises(Unavailable, match="metrics.listen") as caught:
        Publisher(changed(settings, metrics={"listen": f"127.0.0.1:{taken_port}"}), Service())
    # `caught` holds the traceback, and with it all that the attempt had made: it must have been closed by then.
    assert not {name for name in open_files() - before if not name.startswith("socket:")}
    assert not is_locked(Path(settings.spool.directory))
    assert not Path(settings.door.path).exists()
    Publisher(settings, Service()).close()
    assert caught.value


def test_a_door_that_is_taken_is_left_to_its_owner(settings: Settings) -> None:
    owner = Publisher(settings, Service())
    other = changed(settings, spool={"directory": f"{settings.spool.directory}-other"})
    with pytest.raises(Unavailable, match="another publisher already listens there"):
        Publisher(other, Service())
    assert Path(settings.door.path).is_socket()
    owner.close()
    assert not Path(settings.door.path).exists()


def test_settings_that_are_refused_early_open_nothing(settings: Settings) -> None:
    before = open_files()
    with pytest.raises(ConfigError):
        Publisher(changed(settings, mqtt={"url": "mqtts://localhost", "ca_file": "/nowhere/ca.crt"}), Service())
    assert not Path(settings.door.path).exists()
    assert not {name for name in open_files() - before if not name.startswith("socket:")}


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
    stop = threading.Event()
    stop.set()
    counts = []
    gc.collect()
    for _ in range(3):
        Publisher(settings, Service()).run(stop, Reload(lambda: settings, Service()))
        gc.collect()
        counts.append(len(list(Path("/proc/self/fd").iterdir())))
    assert counts[-1] <= counts[0], "less is what other tests left, and what ended meanwhile"


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
