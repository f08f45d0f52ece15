"""Heartbeats for tests."""

from typing import Any

from edge.contract.records import Heartbeat


def heartbeat(state: str = "running", paused_by: tuple[str, ...] = (), **more: Any) -> Heartbeat:
    """Return a heartbeat as it crosses the door."""
    values: dict[str, Any] = {
        "boot": "6f1c2a9e",
        "monotonic": 1000.0,
        "camera": {"state": state, "error": None, "restarts": 0},
        "paused_by": {name: name in paused_by for name in ("remote", "schedule", "button")},
        "frames_per_second": 2.0,
        "seconds_between_scans": 2.5,
        "light": "good",
        "picture": "good",
        "resident_megabytes": 120,
        "network_isolated": True,
        "model": "emotion-edge-standard-1 (sha256 0123456789ab)",
        "runtime": "tflite-runtime",
    }
    return Heartbeat.model_validate(values | more)
