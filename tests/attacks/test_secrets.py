"""Passwords of camera and broker: none of them reaches anything that a person, a broker or another user can read."""

import contextlib
import hashlib
import json
import logging
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from edge.camera.camera import source_settings
from edge.config import Settings
from edge.config.file import load
from edge.errors import EdgeError, redact
from edge.system.logs import set_up
from tests.conftest import SECONDS, Mosquitto, Subscriber, until
from tests.support.daemon import Daemon, command, processes, write_config
from tests.support.rtsp_camera import rtsp_camera

SECRET = "geheim7f3"

WRONG = {
    "a broker with a login": f'[mqtt]\nurl = "mqtt://user:{SECRET}@broker.example"',
    "a broker without a scheme": f'[mqtt]\nurl = "user:{SECRET}@broker.example"',
    "brokers": f'[mqtt]\nurl = ["mqtts://a.example", "mqtts://user:{SECRET}/@b.example"]',
    "no quotes": f"[mqtt]\nurl = mqtt://user:{SECRET}@broker.example",
    "the wrong key": f'[mqtt]\ntls_server_name = "{"x" * 250}mqtt://user:{SECRET}@broker.example"',
    "a level of a topic": f'[device]\nsite = "mqtt://user:{SECRET}@broker.example"',
    "a camera": f'[camera]\nsource = "rtsp://admin:a/{SECRET}@192.0.2.7/1"',
    "a camera without a scheme": f'[camera]\nsource = "admin:{SECRET}@192.0.2.7/1"',
    "a camera by another protocol": f'[camera]\nsource = "gopher://admin:{SECRET}@192.0.2.7/1"',
    "a number": f'[camera]\nwidth = "rtsp://admin:{SECRET}@192.0.2.7/1"',
    "a zone": f'[pause]\ntimezone = "rtsp://admin:{SECRET}@192.0.2.7/1"',
}
TRIED_FOR_EVER = {"a camera without a scheme", "a camera by another protocol"}
"""Of these: cameras that may yet be there, so `run` does not end."""


@contextlib.contextmanager
def device(folder: Path, broker: Mosquitto) -> Iterator[tuple[Path, Daemon]]:
    """A running device with a camera and a broker that want a password."""
    (folder / "password").write_text(SECRET)
    with rtsp_camera() as (port, logins):
        camera = {"source": f"rtsp://admin:{SECRET}@127.0.0.1:{port}/{SECRET}?pwd={SECRET}", "stall_seconds": 5}
        mqtt = {"username": "device", "password_file": str(folder / "password")}
        config = write_config(folder, broker.port, camera=camera, mqtt=mqtt)
        with Daemon(folder, "run", "--config", config, "--verbose") as daemon:
            assert SECRET in logins.get(timeout=4 * SECONDS), "it does reach the camera"
            yield config, daemon


def printed(*words: str | Path) -> str:
    done = subprocess.run(command(*words), capture_output=True, text=True, check=False, timeout=4 * SECONDS)
    assert done.stdout + done.stderr
    return done.stdout + done.stderr


def test_no_sink_of_a_running_device_holds_a_password(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    with device(tmp_path, broker) as (config, daemon):
        info = subscriber.next("/info", lambda info: info["network_isolated"] is not None)
        subscriber.ever("/health", lambda health: health["camera"] is not None)
        until(lambda: "does not open" in daemon.lines())
        sinks = {
            "process list": "\n".join(" ".join(words) for _pid, _parent, words in processes()),
            "check-config": printed("check-config", config),
            "check-config --json": printed("check-config", "--json", config),
            "doctor": printed("doctor", "--config", config),
            "doctor --json": printed("doctor", "--json", "--config", config),
            "doctor --privacy": printed("doctor", "--privacy", "--config", config),
            "apply": printed("apply", "--config", config, "--timeout", "1"),
        }
    sinks["log"] = daemon.lines()
    sinks["state"] = "".join(file.read_bytes().decode(errors="replace") for file in (tmp_path / "state").iterdir())
    sinks["messages"] = json.dumps(subscriber.seen)
    assert [name for name, text in sinks.items() if SECRET in text] == []
    settings = load(config).model_dump_json(exclude={"door"})
    assert info["configuration"] != hashlib.sha256(settings.encode()).hexdigest()[:12], "guesses could be compared"


@pytest.mark.parametrize("words", WRONG)
def test_no_complaint_about_a_configuration_repeats_a_password(tmp_path: Path, words: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text(WRONG[words])
    lines: list[list[str | Path]] = [
        ["check-config", config],
        ["check-config", "--json", config],
        ["run", "--config", config],
    ]
    for command_line in lines:
        if words in TRIED_FOR_EVER and command_line[0] == "run":
            continue
        assert SECRET not in printed(*command_line)


def test_no_error_log_line_or_traceback_holds_a_login(capfd: pytest.CaptureFixture[str]) -> None:
    url = f"rtsp://admin:{SECRET}@192.0.2.7/1"
    settings = Settings.model_validate({"camera": {"source": url}})
    with pytest.raises(ValidationError) as refused:
        Settings.model_validate({"camera": {"source": url, "password_file": "x"}})
    texts = [str(refused.value), repr(settings), repr(source_settings(settings.camera)), str(EdgeError(url, url, url))]
    assert not [text for text in texts if SECRET in text]
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers.clear()
    try:
        set_up("test", verbose=False)
        logging.getLogger("test").error("%s", url, exc_info=RuntimeError(url))
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    logged = capfd.readouterr().err
    assert "RuntimeError" in logged
    assert SECRET not in logged


@pytest.mark.parametrize(
    "text",
    [
        "write rtsp://USER@HOST/PATH and set camera.password_file",
        "mqtts://broker.example:8883, then user@host",
        "/base/axi/pcie@1000120000/rp1/i2c@88000/imx219@10: the camera is in use",
        "Klasse 10:30.avi: is no video",
    ],
)
def test_what_holds_no_login_is_left_as_it_is(text: str) -> None:
    assert redact(text) == text
