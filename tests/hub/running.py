"""A hub in a process of its own, and what tests ask it."""

import json
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from edge.config.completeness import END
from edge.contract.records import Health
from edge.publisher.health import MachineState, PublisherState, build_health
from tests.conftest import SECONDS, free_port, until
from tests.support.daemon import command
from tests.support.heartbeat import heartbeat


def write_hub_config(folder: Path, broker_port: int, url: str = "", **store: Any) -> Path:
    """Write a hub's configuration; `url` of PostgreSQL, empty for SQLite in `folder`."""
    sections: dict[str, dict[str, Any]] = {
        "mqtt": {"url": f"mqtt://127.0.0.1:{broker_port}", "retry_cap_seconds": 1},
        "store": {"url": url, "directory": str(folder / "hub"), **store},
        "http": {"port": free_port()},
    }
    lines: list[str] = []
    for name, section in sections.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in section.items())]
    file = folder / "hub.toml"
    file.write_text("\n".join([*lines, END]) + "\n")
    return file


def run_hub(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `emotion-edge hub …` to its end."""
    return subprocess.run(command("hub", *words), capture_output=True, text=True, timeout=SECONDS, check=False)


class Hub:
    """A running `emotion-edge hub serve`, connected to its broker; ended in order at the end of the block."""

    def __init__(self, config: Path) -> None:
        self.config = config
        self.log = config.with_suffix(".log")
        port = next(line for line in config.read_text().splitlines() if line.startswith("port")).split("= ")[1]
        self.address = f"http://127.0.0.1:{port}"
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command("hub", "serve", "--config", self.config), stderr=log, stdout=log)
        until(self._connected)

    def _connected(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return bool(self.get("state")["connected"])
        except OSError:
            return False

    def get(self, route: str, **parameters: Any) -> Any:
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.address}/api/v1/{route}?{query}", timeout=SECONDS) as answer:
            return json.load(answer)

    def records(self, site: str = "north", room: str = "B12") -> list[dict[str, Any]]:
        """Return all records of a room, by as many pages as it takes."""
        found: list[dict[str, Any]] = []
        page: dict[str, Any] = {}
        while True:
            answer = self.get("records", site=site, room=room, **around_now(), limit=100, **page)
            found += answer["records"]
            if answer["next"] is None:
                return found
            page = {"after": answer["next"]}

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        self.process.wait(SECONDS)


def around_now(days: int = 2) -> dict[str, str]:
    """Return `from` and `to` for a time around now."""
    now = datetime.now(UTC)
    return {"from": (now - timedelta(days=days)).isoformat(), "to": (now + timedelta(days=days)).isoformat()}


def health_of(device: str, **changes: Any) -> Health:
    """Return health of a device that is well but for the changes."""
    publisher = PublisherState(backlog=0, dropped=0, spool="disk", refused_at_door=0, refused_commands=0, connections=1)
    built = build_health(device, time.time(), heartbeat(), publisher, MachineState(40, True, 50.0, 0))
    return built.model_copy(update=changes)
