"""A real Chromium, and a real Mosquitto that hands out the dashboard and speaks websockets."""

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect, sync_playwright

from edge.system.clock import iso
from tests.conftest import ROOT, SECONDS, Mosquitto, free_port
from tests.views.published import BASE, LENGTH, Device, Sender, password_file

DASHBOARD = ROOT / "deploy" / "dashboard"
BUNDLE = DASHBOARD / "bundle" / "page"
PICTURES = Path(os.environ.get("EMOTION_EDGE_PICTURES", ROOT / "runs" / "pictures"))
"""Where screenshots are kept."""

USER, PASSWORD = "teacher", "correct horse"
MILLISECONDS = SECONDS * 1000

SCREENS = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
"""A desktop and a phone."""
MOST_CLICKS = 4
"""For each task of a teacher."""
_MOST_TABS = 80


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    program = os.environ.get("EMOTION_EDGE_CHROMIUM") or shutil.which("chromium")
    if not program:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@contextlib.contextmanager
def new_page(browser: Browser, *, locale: str = "en-GB", **more: Any) -> Iterator[Page]:
    """A page of its own session; whatever breaks in it, or breaks its Content-Security-Policy, fails the test."""
    context = browser.new_context(locale=locale, viewport=SCREENS[0], **more)
    page = context.new_page()
    page.set_default_timeout(MILLISECONDS)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda line: broken.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    context.close()
    assert not broken


class Hand:
    """A person at the page, who has a mouse or only a keyboard; counts clicks, or what is pressed instead."""

    def __init__(self, page: Page, *, keys: bool) -> None:
        self.page = page
        self.keys = keys
        self.clicks = 0

    def use(self, what: Locator) -> None:
        self.clicks += 1
        expect(what).to_be_visible()
        if not self.keys:
            what.click()
            return
        for _ in range(_MOST_TABS):
            if what.evaluate("each => each === document.activeElement"):
                self.page.keyboard.press("Enter")
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"{what} is not reached by the keyboard")


def axe(page: Page, where: str) -> list[str]:
    """Return what axe-core calls at least serious, by WCAG 2.2 A and AA and its own best practice."""
    source = DASHBOARD / "node_modules" / "axe-core" / "axe.min.js"
    if not source.exists():
        pytest.skip("axe-core is not installed: npm ci in deploy/dashboard (make test-views)")
    page.evaluate(source.read_text())
    result = page.evaluate("axe.run()")
    bad = [each for each in result["violations"] if each["impact"] in {"serious", "critical"}]
    return [f"{where}: {each['id']}: {node['html']}" for each in bad for node in each["nodes"]]


def take_pictures(page: Page, name: str) -> None:
    """Keep what a person would look at, on a phone and on a desktop."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for kind, width, height in (("phone", 390, 844), ("desktop", 1280, 800)):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=PICTURES / f"{name}-{kind}.png", full_page=True)
    page.set_viewport_size({"width": 1280, "height": 800})


class School(Mosquitto):
    """A broker as a school has it: devices on one listener, the page and its websockets with a password on another."""

    def __init__(self, folder: Path) -> None:
        self.page_port = free_port()
        passwords = password_file(folder, USER, PASSWORD)
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
    """Any number of devices, each of which says what it is told to in the words of a true record."""

    def __init__(self, port: int) -> None:
        self._sender = Sender(port)
        self._templates: dict[str, dict[str, Any]] = {}
        self._seq: dict[str, int] = {}
        self._last: paho.MQTTMessageInfo | None = None

    def say(self, device: str, leaf: str, payload: Any, *, retain: bool = False) -> None:
        self._last = self._sender.hand_over(f"{BASE}/north/{device}/{leaf}", payload, retain=retain)

    def counts(self, device: str, happy: float, *, ago: float = 0, wait: bool = True, **changes: Any) -> None:
        """Publish a record of 10 s that ended `ago` seconds before now: `happy` people, two neutral, none other."""
        if device not in self._templates:
            self._templates[device] = Device(device, room=device.upper()).next(6.0, happy=4.0)
        template = self._templates[device]
        end = time.time() - ago
        changes = {
            "faces": {"mean": happy + 2, "max": int(happy) + 3},
            "emotions": template["emotions"] | {"happy": happy, "neutral": 2.0},
        } | changes
        seq = self._seq[device] = self._seq.get(device, -1) + 1
        record = template | {"seq": seq, "start": iso(end - LENGTH), "end": iso(end)} | changes
        self.say(device, "counts/backfill" if record["replayed"] else "counts", record)
        if wait:
            self.drain()

    def withheld(self, device: str) -> None:
        """Publish a record of a group that is too small to be told of."""
        small = Device(device).next(2.0)
        assert small["suppressed"] == "below_min_group"
        told = {
            name: small[name]
            for name in ("suppressed", "faces", "emotions", "unsure", "observations", "emotions_error")
        }
        self.counts(device, 0, **told)

    def drain(self) -> None:
        """Wait until the broker has everything."""
        if self._last is not None:
            self._last.wait_for_publish(SECONDS)

    def close(self) -> None:
        self._sender.close()


def log_in(page: Page, school: School, password: str = PASSWORD) -> None:
    """Open the page and log in."""
    page.goto(school.url)
    fill_in(page, USER, password)


def fill_in(page: Page, user: str, password: str) -> None:
    """Send the login's form."""
    page.get_by_label("User name").fill(user)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
