"""A folder that another user can write: nothing in it is ever run, whatever `sudo emotion-edge …` is started there."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from edge.cli import VERBS
from tests.conftest import SECONDS, Mosquitto, Subscriber, until
from tests.support import cards
from tests.support.daemon import write_config
from tests.support.pictures import picture

MODULES = (
    *("numpy", "json", "cv2", "click", "pydantic", "sitecustomize", "usercustomize", "site", "runpy", "os", "re"),
    *("ctypes", "tflite_runtime", "ai_edge_litert", "picamera2", "systemd", "gpiozero", "paho", "rich", "psutil"),
    *("websockets", "amqtt", "prometheus_client", "edge_models", "edge_dashboard", "logging", "tempfile", "socket"),
)
SPY = "import os, sys\nopen({marker!r}, 'a').write(__name__ + ' ' + ' '.join(sys.argv) + '\\n')\n"
WRONG_COMMAND_LINE = 2
INSTALLED = "import sys\nfrom edge.__main__ import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
"""The script that pip installs as bin/emotion-edge."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The other user's folder, with a module under each name that a process of ours imports."""
    folder = tmp_path / "theirs"
    spy = SPY.format(marker=str(tmp_path / "ran"))
    (folder / "edge").mkdir(parents=True)
    for name in MODULES:
        (folder / f"{name}.py").write_text(spy)
    for name in ("__init__", "__main__", "cli"):
        (folder / "edge" / f"{name}.py").write_text(spy)
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        for path in (folder, *folder.rglob("*")):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return folder


def words(verb: str, tmp_path: Path, config: Path) -> list[str | Path]:
    """Return arguments with which a verb gets as far as its child processes, if it has any."""
    listed: dict[str, list[str | Path]] = {
        "aim": ["--source", "scene"],
        "apply": ["--config", config, "--timeout", "1"],
        "bench": [picture(tmp_path / "pictures.png")],
        "card": card_words(tmp_path),
        "check-config": [config],
        "count": [picture(tmp_path / "picture.png")],
        "default-config": [],
        "enrol": ["--list", "--codes", tmp_path / "codes"],
        "demo": ["--no-browser", "--records", "1"],
        "schemas": [tmp_path / "schemas"],
        "hub": ["default-config"],
        "simulate": ["--config", config, "--devices", "1", "--seconds", "1"],
        "watch": ["--config", config, "--once", "--duration", "1"],
    }
    return [verb, *listed.get(verb, ["--config", config])]


def card_words(tmp_path: Path) -> list[str | Path]:
    """Return arguments with which `card` writes."""
    key = tmp_path / "id.pub"
    key.write_text(cards.SSH_KEY)
    options: dict[str, str | Path] = {"host": "pi-b12", "site": "north", "room": "B12", "server": "controller.test"}
    options |= {"ssh-key": key, "wheel": cards.wheel(tmp_path), "codes": tmp_path / "codes"}
    more: list[str | Path] = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [cards.mounted(tmp_path / "boot"), *more]


def started(verb: str, tmp_path: Path, subscriber: Subscriber) -> object:
    """Wait until a verb that runs until it is stopped has started all that it starts."""
    if verb == "run":
        return subscriber.next("/counts")
    line = {"observe": "first frame", "publish": "publishing as"}[verb]
    return until(lambda: line in (tmp_path / "log").read_text())


@pytest.mark.parametrize("verb", VERBS)
def test_no_module_of_the_working_folder_is_run(
    verb: str, tmp_path: Path, folder: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    config = write_config(tmp_path, broker.port)
    script = tmp_path / "bin" / "emotion-edge"
    script.parent.mkdir()
    script.write_text(INSTALLED)
    command = [sys.executable, str(script), *map(str, words(verb, tmp_path, config))]
    with (tmp_path / "log").open("w") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
        try:
            if verb in {"run", "observe", "publish"}:
                started(verb, tmp_path, subscriber)
            else:
                assert process.wait(4 * SECONDS) != WRONG_COMMAND_LINE
        finally:
            process.terminate()
            process.wait(SECONDS)
    assert not (tmp_path / "ran").exists(), (tmp_path / "ran").read_text()
    assert "Traceback" not in (tmp_path / "log").read_text()


def test_the_spies_would_be_seen(tmp_path: Path, folder: Path) -> None:
    """A child that is started as children once were does run them."""
    subprocess.run([sys.executable, "-m", "edge"], cwd=folder, check=False, capture_output=True)
    assert (tmp_path / "ran").exists()
