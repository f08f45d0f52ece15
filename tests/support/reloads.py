"""What a running device has noted of its configuration, and waits that are long enough for a reload."""

import contextlib
import json
import queue
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conftest import SECONDS, Subscriber, until

_PATIENCE = 4
"""Times `SECONDS`: a reload waits for the end of an interval, loads a model, and the next interval must end, too."""


def running(folder: Path) -> dict[str, Any]:
    """Return what the device has noted of its configuration."""
    file = folder / "state" / "running.json"
    with contextlib.suppress(FileNotFoundError):
        found: dict[str, Any] = json.loads(file.read_text())
        return found
    return {}


def kept(folder: Path) -> Path:
    """Return the file of the last good configuration."""
    return folder / "state" / "last-configuration.json"


def agreed(folder: Path) -> str:
    """Return the configuration that both processes use and that is kept; empty where there is none."""
    found = running(folder)
    both = found.get("publisher", "") if found.get("publisher") == found.get("observer") else ""
    return both if kept(folder).exists() else ""


def until_settled(condition: Callable[[], Any]) -> Any:
    """Wait longer for a condition."""
    return until(condition, _PATIENCE * SECONDS)


def soon(subscriber: Subscriber, ending: str, wanted: Callable[[Any], bool] = lambda _payload: True) -> Any:
    """Wait longer for a message."""
    for _ in range(_PATIENCE):
        with contextlib.suppress(queue.Empty):
            return subscriber.next(ending, wanted)
    raise AssertionError(ending)
