"""A real Chromium, and a real Mosquitto that hands out the dashboard and speaks websockets."""

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from playwright.sync_api import Browser, Page, sync_playwright

from tests.conftest import ROOT, SECONDS, Mosquitto, free_port

DASHBOARD = ROOT / "deploy" / "dashboard"
BUNDLE = DASHBOARD / "bundle" / "page"
PICTURES = Path(os.environ.get("EMOTION_EDGE_PICTURES", ROOT / "runs" / "pictures"))
"""Where screenshots are kept."""

USER, PASSWORD = "teacher", "correct horse"
MILLISECONDS = SECONDS * 1000


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    program = os.environ.get("EMOTION_EDGE_CHROMIUM") or shutil.which("chromium")
    if not program:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


class School(Mosquitto):
    """A broker as a school has it: devices on one listener, the page and its websockets with a password on another."""

    def __init__(self, folder: Path) -> None:
        self.page_port = free_port()
        passwords = folder / "passwords"
        tool = shutil.which("mosquitto_passwd", path=f"{os.environ.get('PATH', '')}:/usr/bin")
        assert tool
        subprocess.run([tool, "-b", "-c", passwords, USER, PASSWORD], check=True, capture_output=True)
        lines = (
            f"max_queued_messages 0\nallow_anonymous true\n"
            f"listener {self.page_port} 127.0.0.1\nprotocol websockets\nhttp_dir {BUNDLE}\n"
            f"allow_anonymous false\npassword_file {passwords}"
        )
        super().__init__(folder, lines)
        config = self._config
        config.write_text(f"per_listener_settings true\n{config.read_text()}")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.page_port}/index.html"


class Devices:
    """Publishes for any number of devices what the contract allows, or what it does not."""

    def __init__(self, port: int) -> None:
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.max_queued_messages_set(0)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._seq: dict[str, int] = {}
        self._last: paho.MQTTMessageInfo | None = None

    def say(self, device: str, leaf: str, payload: str, *, retain: bool = False) -> paho.MQTTMessageInfo:
        return self._client.publish(f"emotion-edge/v1/north/{device}/{leaf}", payload, qos=1, retain=retain)

    def counts(self, device: str, happy: float, *, ago: float = 0, wait: bool = True, **changes: Any) -> None:
        """Publish a record of 10 s that ended `ago` seconds before now: `happy` people, two neutral, none other."""
        seq = self._seq[device] = self._seq.get(device, -1) + 1
        end = time.time() - ago
        emotions = dict.fromkeys(("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"), 0.0)
        record = {
            "schema": 1,
            "mode": "emotions",
            "device": device,
            "site": "north",
            "room": device.upper(),
            "boot": "6f1c2a9e",
            "seq": seq,
            "start": _iso(end - 10),
            "end": _iso(end),
            "clock": "synced",
            "frames": {"analysed": 20, "expected": 20},
            "faces": {"mean": happy + 2, "max": int(happy) + 3},
            "emotions": emotions | {"happy": happy, "neutral": 2.0},
            "unsure": 0.0,
            "other": None,
            "observations": dict.fromkeys((*emotions, "unsure"), 0),
            "suppressed": None,
            "privacy": {"min_group": 5, "max_share": 0.9, "min_cell": 0.0},
            "model": "emotion-edge-standard-5 (sha256 60e8d87bccc3)",
            "replayed": False,
        }
        leaf = "counts/backfill" if changes.get("replayed") else "counts"
        self._last = self.say(device, leaf, json.dumps(record | changes))
        if wait:
            self.drain()

    def drain(self) -> None:
        """Wait until the broker has everything."""
        if self._last is not None:
            self._last.wait_for_publish(SECONDS)

    def withheld(self, device: str) -> None:
        nothing = dict.fromkeys(("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"))
        self.counts(
            device,
            0,
            suppressed="below_min_group",
            faces={"mean": None, "max": None},
            emotions=nothing,
            unsure=None,
            observations=nothing | {"unsure": None},
        )

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def log_in(page: Page, school: School, password: str = PASSWORD) -> None:
    """Open the page and log in; what the browser complains about fails the test."""
    page.goto(school.url)
    page.get_by_label("User name").fill(USER)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
