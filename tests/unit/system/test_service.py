"""What systemd is told, over a real datagram socket, and what a reload does with a bad file."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.config import Settings
from edge.config.file import load
from edge.errors import ConfigError, EdgeError, Unavailable
from edge.system.reload import Reload, serve
from edge.system.service import Service, _notify_directly


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    """The service manager's end."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(tmp_path / "notify"))
    listener.settimeout(10)
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    return listener


def test_the_manager_hears_that_it_is_ready(manager: socket.socket) -> None:
    Service(_notify_directly).ready()
    assert manager.recv(4096).decode().splitlines() == ["READY=1", "STATUS=ready"]


def test_without_a_manager_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    Service(_notify_directly).ready()


def test_a_manager_that_is_gone_ends_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    Service(_notify_directly).ready()


def test_signs_of_life_are_rare_and_a_status_is_said_once() -> None:
    said: list[str] = []
    now = [0.0]
    service = Service(said.append, lambda: now[0])
    for now[0] in (0.0, 0.1, 0.9, 1.1):
        service.alive()
        service.status("2.0 fps")
    assert said == ["WATCHDOG=1", "STATUS=2.0 fps", "WATCHDOG=1"]


def test_the_watchdog_waits_for_rare_frames_and_is_never_made_hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setenv("WATCHDOG_USEC", "60000000")
    Service(said.append).expect(30)
    Service(said.append).expect(300)
    assert said == ["WATCHDOG_USEC=300000000"]


def test_a_bad_file_is_reported_and_the_settings_stay(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    said: list[str] = []
    file = tmp_path / "config.toml"
    file.write_text("nonsense = 1\n")
    reload = Reload(lambda: load(file), Service(said.append))
    reload.ask()
    assert not reload.poll()
    assert "nonsense" in caplog.text
    assert [line.split("\n")[0] for line in said] == ["RELOADING=1", "READY=1"]

    file.write_text("interval_seconds = 20\n")
    reload.ask()
    assert reload.poll()
    assert reload.take(Settings()).interval_seconds == 20


def test_new_settings_that_cannot_be_used_leave_the_former_ones(tmp_path: Path) -> None:
    """As a certificate that the file names and that is not there."""
    file = tmp_path / "config.toml"
    file.write_text("interval_seconds = 20\n")
    reload = Reload(lambda: load(file), Service(lambda _text: None))
    stop = threading.Event()
    ran: list[int] = []

    def build(settings: Settings) -> Callable[[], None]:
        if settings.interval_seconds == 20:
            raise ConfigError("device.key", "is missing", "hand it out")

        def run() -> None:
            ran.append(settings.interval_seconds)
            reload.ask()
            if len(ran) == 2:
                stop.set()
            reload.poll()

        return run

    serve(Settings(), build, reload, stop)
    assert ran == [10, 10]


def test_the_last_good_settings_stand_in_for_a_start_with_a_damaged_model() -> None:
    """What may pass by itself, such as a port that is taken, is no reason: the process is started again."""
    used: list[int] = []
    stop = threading.Event()
    stop.set()
    reload = Reload(Settings, Service(lambda _text: None))
    error: EdgeError = ConfigError("model.tflite", "is damaged", "copy it again")

    def build(settings: Settings) -> Callable[[], None]:
        if settings.interval_seconds == 20:
            raise error
        return lambda: used.append(settings.interval_seconds)

    first = Settings(interval_seconds=20)
    serve(first, build, reload, stop, lambda: Settings(interval_seconds=30))
    assert used == [30]
    with pytest.raises(ConfigError):
        serve(first, build, reload, stop, lambda: Settings(interval_seconds=20))
    with pytest.raises(ConfigError):
        serve(first, build, reload, stop)
    error = Unavailable("port", "is taken", "free it")
    with pytest.raises(Unavailable):
        serve(first, build, reload, stop, lambda: Settings(interval_seconds=30))
    assert used == [30]


def test_the_status_says_that_an_earlier_configuration_is_in_use() -> None:
    said: list[str] = []
    service = Service(said.append)
    service.remark = "an earlier configuration is in use"
    service.status("2.0 fps")
    service.remark = ""
    service.status("2.0 fps")
    assert said == ["STATUS=2.0 fps, an earlier configuration is in use", "STATUS=2.0 fps"]
