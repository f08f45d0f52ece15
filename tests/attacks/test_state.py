"""A compromised publisher writes what it likes in the state directory; a path of the door names somebody's file."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.config import Pause
from edge.contract.records import PausedBy
from edge.door.server import DoorServer
from edge.errors import Unavailable
from edge.pause.control import PauseControl
from edge.pause.memory import ButtonMemory, Memory, memory_path, remembered
from edge.system.kept_file import new_file
from tests.conftest import SECONDS, Mosquitto, Subscriber, until
from tests.support.daemon import Daemon, processes, write_config
from tests.support.root import looks_into_processes

BOTH = Memory(remote=True, button=True)


def fifo(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)


def folder(path: Path) -> None:
    path.mkdir()


def linked(path: Path) -> None:
    target = path.with_name("target")
    target.write_text('{"remote": false, "button": false}')
    path.symlink_to(target)


@pytest.mark.parametrize("hostile", [fifo, endless, huge, folder, linked])
def test_an_observer_reads_no_more_than_a_small_file_and_stays_paused(
    tmp_path: Path, hostile: Callable[[Path], None], broker: Mosquitto
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    hostile(memory_path(state))
    assert remembered(memory_path(state)) == BOTH
    if hostile is not fifo:
        return
    with Daemon(tmp_path, "observe", "--config", write_config(tmp_path, broker.port)) as observer:
        until(lambda: "cannot be read, so the camera is paused" in observer.lines())
        until(lambda: "observing" in observer.lines())
        assert "first frame" not in observer.lines()


def test_a_button_pause_outlives_what_the_publisher_writes(tmp_path: Path) -> None:
    settings = write_settings(17)
    file = new_file()
    control = PauseControl(settings, Memory(remote=False, button=False), button_memory=ButtonMemory(file))
    control.press()
    memory_path(tmp_path).write_text('{"remote": false, "button": false}')
    again = PauseControl(settings, remembered(memory_path(tmp_path)), button_memory=ButtonMemory(file))
    assert again.now() == PausedBy(remote=False, schedule=False, button=True)
    again.press()
    memory_path(tmp_path).write_text('{"remote": false, "button": true}')
    last = PauseControl(settings, remembered(memory_path(tmp_path)), button_memory=ButtonMemory(file))
    assert not last.now().button
    os.close(file)


def write_settings(pin: int) -> Pause:
    return Pause.model_validate({"button_gpio": pin})


@looks_into_processes
def test_a_killed_observer_remembers_its_button_itself(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By true processes; the press is noted in the file in memory, as the button's thread would."""
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "mock")
    config = write_config(tmp_path, broker.port, pause={"button_gpio": 17})
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        subscriber.next("/counts", lambda record: record["suppressed"] != "paused")
        files = Path(f"/proc/{daemon.process.pid}/fd")
        kept = next(file for file in files.iterdir() if str(file.readlink()).startswith("/memfd:button"))
        with kept.open("r+b") as noted:
            noted.write(b"1")
        children = daemon.children()
        assert not [
            link for link in Path(f"/proc/{children['publish']}/fd").iterdir() if "memfd:button" in str(link.readlink())
        ]
        memory_path(tmp_path / "state").write_text(json.dumps({"remote": False, "button": False}))
        os.kill(children["observe"], signal.SIGKILL)
        health = subscriber.next("/health", lambda health: health["paused_by"] == ["button"])
        assert health["camera"]["state"] == "paused"
        subscriber.next("/counts", lambda record: record["suppressed"] == "paused")
        assert children["camera"] not in [pid for pid, _parent, _words in processes()]


def test_a_door_on_somebodys_file_is_refused_and_the_file_stays(tmp_path: Path, broker: Mosquitto) -> None:
    precious = tmp_path / "precious"
    precious.write_text("years of work\n")
    with pytest.raises(Unavailable, match="precious: is no socket"):
        DoorServer(precious)
    with Daemon(tmp_path, "publish", "--config", write_config(tmp_path, broker.port), "--door", precious) as publisher:
        assert publisher.process.wait(SECONDS) != 0
        assert (
            "precious: is no socket, so it is left as it is; set door.path (--door) to another place"
            in publisher.lines()
        )
    (tmp_path / "link").symlink_to(precious)
    with pytest.raises(Unavailable):
        DoorServer(tmp_path / "link")
    assert precious.read_text() == "years of work\n"
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    with pytest.raises(Unavailable):
        DoorServer(tmp_path / "dangling")
