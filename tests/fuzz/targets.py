"""What is fuzzed: each target takes any bytes, and nothing but what is written there may happen."""

import contextlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from edge.camera.errors import CameraError
from edge.camera.ipc import decode
from edge.camera.sources.picture import read_luma
from edge.config import Privacy, Settings
from edge.config.file import read
from edge.contract.topics import Topics
from edge.door.gate import Gate
from edge.door.lengths import Lengths
from edge.errors import UnusableModel, redact
from edge.model.metadata import read_metadata
from edge.model.path import model_path
from edge.model.structure import Unsound, check_structure
from edge.mqtt.events import Incoming
from edge.privacy.settings import PrivacyStore
from edge.publisher.commands import Commands
from tests.support.heartbeat import heartbeat
from tests.support.state import STATE_FILES, sound_spool, spool_goes_on, start

CORPUS = Path(__file__).parent / "corpus"
_FOLDER = Path(tempfile.mkdtemp(prefix="emotion-edge-fuzz-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
_SETTINGS = Settings.model_validate({"spool": {"directory": str(_FOLDER / "state")}})
_PIXELS = 100_000


class Target(NamedTuple):
    """A decoder, and bytes to begin with."""

    run: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]


def _kept(name: str) -> list[bytes]:
    """Return the corpus of a target."""
    return [file.read_bytes() for file in sorted((CORPUS / name).glob("*"))]


def _written(name: str, data: bytes) -> Path:
    file = _FOLDER / name
    file.write_bytes(data)
    return file


def _empty_state() -> Path:
    state = Path(_SETTINGS.spool.directory)
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir()
    return state


def _door(data: bytes) -> None:
    Gate(Lengths(10), monotonic=lambda: 1000.0).admit(data)


def _commands(data: bytes) -> None:
    topics = Topics(_SETTINGS, "pi")
    commands = Commands(topics, PrivacyStore(_FOLDER / "none", Privacy()), lambda _on: None)
    for topic in (topics.pause_set, topics.privacy_set):
        commands.take(Incoming(topic, data, retained=False))


def _state(data: bytes) -> None:
    """Write the rest of the bytes into the file that the first one chooses."""
    state = _empty_state()
    names = sorted(STATE_FILES)
    for name, content in STATE_FILES.items():
        (state / name).write_bytes(content)
    if data:
        (state / names[data[0] % len(names)]).write_bytes(data[1:])
    start(_SETTINGS)


def _spool(data: bytes) -> None:
    state = _empty_state()
    (state / "spool.sqlite").write_bytes(data)
    spool_goes_on(state)


def _configuration(data: bytes) -> None:
    for problem in read(_written("config.toml", data))[1]:
        str(problem)


def _metadata(data: bytes) -> None:
    with contextlib.suppress(UnusableModel):
        read_metadata(_written("own.json", data).with_suffix(".tflite"))


def _model(data: bytes) -> None:
    with contextlib.suppress(Unsound):
        check_structure(data)


def _picture(data: bytes) -> None:
    with contextlib.suppress(CameraError):
        read_luma(_written("picture", data), _PIXELS)


def _camera(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        decode(data)


def _redaction(data: bytes) -> None:
    text = data.decode(errors="replace").replace('"', "").replace("'", "")
    word = "".join(text.split()).translate(str.maketrans("", "", "<>"))
    assert "hidden" not in redact(f"rtsp://user:hidden{word}@192.0.2.7/1").partition("@")[0]


def _spool_seed() -> list[bytes]:
    return [*_kept("spool"), sound_spool(_empty_state())]


def _model_seed() -> list[bytes]:
    return [*_kept("model"), model_path("small").read_bytes()]


TARGETS = {
    "door": Target(_door, lambda: [*_kept("door"), heartbeat().model_dump_json().encode()]),
    "commands": Target(_commands, lambda: _kept("commands")),
    "state": Target(_state, lambda: [bytes([n]) + STATE_FILES[name] for n, name in enumerate(sorted(STATE_FILES))]),
    "spool": Target(_spool, _spool_seed),
    "configuration": Target(_configuration, lambda: _kept("configuration")),
    "metadata": Target(_metadata, lambda: [model_path("small").with_suffix(".json").read_bytes()]),
    "model": Target(_model, _model_seed),
    "picture": Target(_picture, lambda: _kept("picture")),
    "camera": Target(_camera, lambda: _kept("camera")),
    "redaction": Target(_redaction, lambda: _kept("redaction")),
}


def clear() -> None:
    """Remove what the targets wrote."""
    shutil.rmtree(_FOLDER, ignore_errors=True)
