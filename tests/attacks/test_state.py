"""A compromised publisher writes what it likes in the state directory; a path of the door names somebody's file."""

import contextlib
import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.config import Pause
from edge.config.file import parse
from edge.contract.records import PausedBy
from edge.door.client import DoorClient
from edge.door.server import DoorServer
from edge.errors import ConfigError, Unavailable
from edge.observer.agreement import Agreement
from edge.pause.control import PauseControl
from edge.pause.memory import ButtonMemory, Memory, memory_path, remembered
from edge.system.configuration import Configuration
from edge.system.configuration_hash import make_configuration_hash
from edge.system.kept_file import new_file
from edge.system.last_configuration import LastConfiguration, keep_last
from edge.system.reload import Reload
from edge.system.running import Running, read_note, write_running
from edge.system.service import Service
from edge.system.state_file import replace_durably
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


@pytest.mark.parametrize("hostile", [fifo, endless, huge, folder, linked])
def test_a_note_of_what_runs_holds_up_neither_the_observer_nor_root(
    tmp_path: Path, hostile: Callable[[Path], None]
) -> None:
    hostile(tmp_path / "running.json")
    assert read_note(tmp_path) is None


def test_root_follows_no_link_that_waits_for_a_new_file(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("years of work\n")
    (tmp_path / "device-id.new").symlink_to(precious)
    replace_durably(tmp_path / "device-id", "dev-1")
    assert precious.read_text() == "years of work\n"
    assert (tmp_path / "device-id").read_text() == "dev-1\n"


FILE = """\
[camera]
source = "/dev/video0"
[pause]
camera_open = ["mon-fri 08:00-15:00"]
timezone = "Europe/Berlin"
button_gpio = 17
[spool]
directory = "{state}"
"""


def configured(folder: Path, copy: Callable[[str], str]) -> Configuration:
    """Write a configuration, and what a compromised publisher keeps as the last good one of it; begin with the file."""
    file = folder / "config.toml"
    file.write_text(FILE.format(state=folder))
    configuration = Configuration(file)
    configuration.use(configuration.begin())
    text = copy(file.read_text())
    settings, problems = parse(file, text)
    assert not problems
    keep_last(folder, LastConfiguration.sealed(file, text, settings, "boot"))
    return configuration


@pytest.mark.parametrize(
    ("given", "instead"),
    [
        ('camera_open = ["mon-fri 08:00-15:00"]', "camera_open = []"),
        ('camera_open = ["mon-fri 08:00-15:00"]', ""),
        ('"Europe/Berlin"', '"Pacific/Auckland"'),
        ("button_gpio = 17", "button_gpio = -1"),
        ("button_gpio = 17", "button_gpio = 18"),
        ("/dev/video0", "/var/lib/emotion-edge/hostile.mp4"),
        ("[pause]", 'tuning_file = "/var/lib/emotion-edge/hostile.json"\n[pause]'),
        ("[spool]", '[vision]\nmodel = "/var/lib/emotion-edge/hostile.tflite"\n[spool]'),
        ("[spool]", '[vision]\ncascade = "/var/lib/emotion-edge/hostile.xml"\n[spool]'),
    ],
)
def test_the_copy_of_a_publisher_opens_no_camera_and_no_file(
    tmp_path: Path, given: str, instead: str, caplog: pytest.LogCaptureFixture
) -> None:
    refused = "[privacy]\nmin_group = 50\n"  # the file does not set it, so beside this copy it is refused
    configuration = configured(tmp_path, lambda text: text.replace(given, instead) + refused)
    assert configuration.substitute() is None
    assert "the last good configuration cannot stand in for it" in caplog.text
    with pytest.raises(ConfigError):
        Configuration(tmp_path / "config.toml").begin()


def test_what_was_cut_off_the_file_still_stands_in_for_it(tmp_path: Path) -> None:
    configuration = configured(tmp_path, str)
    file = tmp_path / "config.toml"
    file.write_text(f'[camera]\nsource = "/dev/video0"\n[spool]\ndirectory = "{tmp_path}"\n')
    settings = configuration.substitute()
    assert settings is not None
    assert settings.pause.button_gpio == 17
    assert Configuration(file).begin().pause == settings.pause


def test_the_observer_does_not_follow_a_publisher_that_opens_the_camera(tmp_path: Path) -> None:
    """By the note of what runs it asks for that copy; half a minute later the observer would take it."""
    configuration = configured(tmp_path, lambda text: text.replace("button_gpio = 17", "button_gpio = -1"))
    copy = configuration.last_good()
    assert copy is not None
    settings = configuration.settings_of_file()
    assert settings is not None
    door = DoorClient(tmp_path / "door.sock")
    with contextlib.closing(DoorServer(tmp_path / "door.sock")), contextlib.closing(door):
        door.pump()
        now = [1000.0]
        reload = Reload(configuration.read, Service())
        Agreement(door, reload, configuration.substitute, lambda: now[0]).use(settings)
        write_running(tmp_path, Running(publisher=make_configuration_hash(copy), observer="", reload_pid=os.getpid()))
        for _interval in range(20):
            now[0] += 60
            reload.follow()
            if reload.poll():
                assert reload.take(settings).pause == settings.pause


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
