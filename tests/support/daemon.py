"""The real command in real processes."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from edge.config.completeness import END
from tests.conftest import SECONDS


def write_config(folder: Path, port: int, **sections: dict[str, Any]) -> Path:
    """Write a configuration for a device `pi-test` in room B12 whose broker listens on `port`."""
    values: dict[str, dict[str, Any]] = {
        "device": {"id": "pi-test", "site": "north", "room": "B12"},
        "camera": {"source": "scene", "loop": True, "retry_cap_seconds": 1},
        "privacy": {"min_group": 1, "max_share": 1.0},
        "mqtt": {"url": f"mqtt://127.0.0.1:{port}", "retry_cap_seconds": 1},
        "spool": {"directory": str(folder / "state")},
        "door": {"path": str(folder / "door.sock")},
    }
    for name, section in sections.items():
        values[name] = values.get(name, {}) | section
    lines = ["interval_seconds = 5"]
    for name, section in values.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in section.items())]
    file = folder / "config.toml"
    file.write_text("\n".join([*lines, END]) + "\n")
    return file


def command(*arguments: str | Path) -> list[str]:
    """Return the command line of `emotion-edge` in this environment."""
    return [sys.executable, "-m", "edge", *map(str, arguments)]


class Daemon:
    """A running `emotion-edge …`; ended in order at the end of the block, and its log kept."""

    def __init__(self, folder: Path, *arguments: str | Path) -> None:
        self.log = folder / f"{arguments[0]}.log"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command(*arguments), stderr=log, stdout=log, process_group=0)

    def children(self) -> dict[str, int]:
        """Return the process ids of `observe`, `publish` and the camera's reader, by name."""
        found = {}
        for pid, parent, words in processes():
            if parent == self.process.pid and "-c" in words:
                found[words[words.index("-c") + 2]] = pid
        for pid, parent, words in processes():
            if parent in found.values() and any("edge.camera.child" in word for word in words):
                found["camera"] = pid
        return found

    def lines(self) -> str:
        """Return the log so far."""
        return self.log.read_text()

    def stop(self) -> int:
        """End it as systemd would; return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        if kind is not None:
            print(self.lines())


def processes() -> list[tuple[int, int, list[str]]]:
    """Return process id, parent and command line of every process."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                words = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")
                parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
                found.append((int(folder.name), parent, words))
    return found
