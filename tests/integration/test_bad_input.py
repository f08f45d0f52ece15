"""Whatever is wrong: one line with the remedy, a stable exit code, and nothing half-started left behind."""

import json
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.door.server import DoorServer
from edge.model.path import model_path
from tests.conftest import SECONDS, Mosquitto, Subscriber, free_port, until
from tests.support.daemon import Daemon, command, processes, write_config
from tests.support.pictures import clip


def run(*arguments: str | Path) -> tuple[int, str]:
    """Run a command to its end; return exit code and what it wrote to standard error."""
    done = subprocess.run(command(*arguments), capture_output=True, text=True, timeout=SECONDS, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def bad_cascade(folder: Path) -> dict[str, Any]:
    (folder / "cascade.xml").write_text("<opencv_storage>")
    return {"vision": {"cascade": str(folder / "cascade.xml")}}


def wrong_model(folder: Path) -> dict[str, Any]:
    (folder / "wrong.tflite").write_text("not a model")
    return {"vision": {"model": str(folder / "wrong.tflite")}}


def other_labels(folder: Path) -> dict[str, Any]:
    (folder / "other.tflite").write_bytes(model_path("standard").read_bytes())
    metadata = json.loads(model_path("standard").with_suffix(".json").read_text())
    (folder / "other.json").write_text(json.dumps(metadata | {"labels": ["cat", "dog"]}))
    return {"vision": {"model": str(folder / "other.tflite")}}


def absent_certificate(_folder: Path) -> dict[str, Any]:
    return {"mqtt": {"url": "mqtts://127.0.0.1", "ca_file": "/nowhere/ca.crt"}}


def absent_password(_folder: Path) -> dict[str, Any]:
    return {"mqtt": {"username": "pi", "password_file": "/nowhere/password"}}


CONFIGURATION = [
    (bad_cascade, "cascade.xml: is no cascade, or damaged; install it again"),
    (wrong_model, "wrong.tflite: is no TFLite model (11 bytes); install it again"),
    (other_labels, "other.tflite: has the labels ['cat', 'dog']"),
    (absent_certificate, "/nowhere/ca.crt: cannot be read (No such file or directory); correct mqtt.ca_file"),
    (absent_password, "/nowhere/password: cannot be read (No such file or directory); correct mqtt.password_file"),
]


@pytest.mark.parametrize(("make", "message"), CONFIGURATION)
def test_a_wrong_file_ends_a_start_with_78_before_anything_is_announced(
    tmp_path: Path,
    broker: Mosquitto,
    subscriber: Subscriber,
    make: Callable[[Path], dict[str, Any]],
    message: str,
) -> None:
    config = write_config(tmp_path, broker.port, **make(tmp_path))
    code, errors = run("run", "--config", config)
    assert code == 78
    assert len([line for line in errors.splitlines() if message in line]) == 1
    assert subscriber.messages.empty()
    assert not (tmp_path / "door.sock").exists()
    assert not [words for _pid, _parent, words in processes() if str(config) in words]


@pytest.mark.parametrize(("make", "message"), CONFIGURATION)
def test_check_config_finds_the_same_without_a_start(
    tmp_path: Path, make: Callable[[Path], dict[str, Any]], message: str
) -> None:
    config = write_config(tmp_path, 1883, **make(tmp_path))
    done = subprocess.run(command("check-config", config), capture_output=True, text=True, check=False)
    assert done.returncode == 78
    assert done.stdout.startswith(f"{config}")
    assert message in done.stdout


def test_check_config_tells_all_problems_at_once_also_to_machines(tmp_path: Path) -> None:
    config = write_config(tmp_path, 1883, **bad_cascade(tmp_path), **absent_password(tmp_path))
    done = subprocess.run(command("check-config", config, "--json"), capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    assert (told["file"], told["ok"], len(told["problems"])) == (str(config), False, 2)
    good = write_config(tmp_path, 1883)
    done = subprocess.run(command("check-config", good), capture_output=True, text=True, check=True)
    assert done.stdout == f"{good}: in order\n"


def test_unknown_keys_and_wrong_values_end_a_start_with_78(tmp_path: Path) -> None:
    config = write_config(tmp_path, 1883, camera={"fps": 3}, privacy={"min_group": "five"})
    code, errors = run("run", "--config", config)
    assert code == 78
    assert "camera.fps: unknown key" in errors
    assert "privacy.min_group: 'five'" in errors


def test_a_missing_configuration_says_how_to_write_one(tmp_path: Path) -> None:
    code, errors = run("run", "--config", tmp_path / "absent.toml")
    assert code == 78
    assert errors.count("\n") == 1
    assert "emotion-edge default-config" in errors


def test_a_door_that_another_publisher_holds_is_named(tmp_path: Path) -> None:
    door = DoorServer(tmp_path / "door.sock")
    code, errors = run("publish", "--config", write_config(tmp_path, free_port()))
    assert code == 69
    assert "door.sock: another publisher already listens there; stop the other one" in errors
    door.close()


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, errors = run("demo", "--port", str(port))
    assert code == 69
    assert f"port {port}: cannot be used (Address already in use); stop what uses it, or leave --port away" in errors
    del tmp_path


def test_an_unreachable_broker_does_not_stop_the_counting(tmp_path: Path) -> None:
    port = free_port()
    with Daemon(tmp_path, "run", "--config", write_config(tmp_path, port)) as daemon:
        until(lambda: "first frame analysed" in daemon.lines())
        until(lambda: f"broker 127.0.0.1:{port}: connection refused; start the broker" in daemon.lines())
        assert daemon.process.poll() is None


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"", "CameraUnreadable"), (None, "CameraMissing"), (b"RIFF truncated", "CameraUnreadable")],
)
def test_a_bad_clip_shows_in_health_and_is_retried_until_it_is_repaired(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, content: bytes | None, error: str
) -> None:
    file = tmp_path / "lesson.avi"
    if content is not None:
        file.write_bytes(content)
    config = write_config(tmp_path, broker.port, camera={"source": str(file)})
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        health = subscriber.next("/health", lambda health: health["camera"] and health["camera"]["error"])
        assert (health["camera"]["state"], health["camera"]["error"]) == ("retrying", error)
        assert "lesson.avi: " in daemon.lines()
        record = subscriber.next("/counts")
        assert record["suppressed"] == "not_observed"
        assert record["faces"] == {"mean": None, "max": None}
        clip(tmp_path / "good.avi", frames=200).replace(file)
        subscriber.next("/health", lambda health: health["camera"] and health["camera"]["state"] == "running")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["bench", "/nowhere.mp4"], 69, "/nowhere.mp4: no such file; check camera.source"),
        (["count", "/nowhere.jpg"], 66, "/nowhere.jpg: no such file; check the name"),
        (["count"], 2, "Missing argument 'PICTURES"),
        (["frobnicate"], 2, "No such command 'frobnicate'"),
    ],
)
def test_the_command_line_says_what_it_misses(arguments: list[str], code: int, message: str) -> None:
    ended, errors = run(*arguments)
    assert ended == code
    assert message in errors


@pytest.mark.parametrize(
    ("section", "values", "message"),
    [
        ("device", {"site": "site"}, 'device.site: "site" is a placeholder'),
        ("device", {"room": "room"}, 'device.room: "room" is a placeholder'),
        ("mqtt", {"url": "mqtts://broker.school.example"}, "mqtt.url: broker.school.example is an example"),
        ("camera", {"source": "picamera"}, "camera.source: 'picamera' is no camera"),
        ("camera", {"source": "gopher://10.0.0.5/cam"}, "camera.source: is no address of a camera"),
    ],
)
def test_check_config_refuses_what_no_device_can_use(
    tmp_path: Path, section: str, values: dict[str, str], message: str
) -> None:
    config = write_config(tmp_path, 1883, **{section: values})
    done = subprocess.run(command("check-config", config), capture_output=True, text=True, check=False)
    assert done.returncode == 78
    (line,) = done.stdout.splitlines()
    assert message in line
    assert line.split(":")[1].isdigit(), "the line of the file"


def test_a_camera_that_is_not_plugged_in_is_a_warning(tmp_path: Path) -> None:
    config = write_config(tmp_path, 1883, camera={"source": "/dev/video99"})
    done = subprocess.run(command("check-config", config), capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "warning: " in done.stdout
    assert "there is no /dev/video99 now" in done.stdout
