"""Draw every picture of the manuals: `python -m tests.views.draw docs/pictures`; `make pictures` does it.

The demo is real, with its broker, daemon, hub and page, and so is the browser. Its school is simulated, and the
pictures say so.
"""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect
from rich.console import Console
from rich.terminal_theme import MONOKAI

from edge.config import Mqtt, Settings
from edge.contract.topics import Topics
from edge.mqtt.credentials import read_secrets
from edge.privacy.settings import configured_note
from edge.publisher.home_assistant.discovery import discovery
from edge.watch.feed import Feed
from edge.watch.rooms import now
from edge.watch.screen import whole
from edge.watch.watch import Watch
from tests.conftest import ROOT, SECONDS, until
from tests.support.daemon import command
from tests.views.browser import MILLISECONDS, chromium
from tests.views.published import Sender

SITE, ROOM = "simulated", "Room 12"
_PERIOD = re.compile(r"^Period \d+, \d\d:\d\d–(\d\d:\d\d)$")
_COLUMNS, _LINES = 80, 20


class Demo:
    """A running demo, and where it said that its page and its broker are."""

    def __init__(self) -> None:
        words = command("demo", "--no-browser", "--school")
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        said = ""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            said += line
            if line.startswith("interval"):
                break
        assert "The page has a history" in said, said
        self.page = re.findall(r"^Dashboard: (http://\S+)$", said, re.MULTILINE)[0]
        self.broker = int(re.findall(r"^Broker: .* on 127\.0\.0\.1:(\d+)\.", said, re.MULTILINE)[0])

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)
        self._process.communicate(timeout=SECONDS)


def new_page(browser: Browser, width: int, height: int, *, scale: float = 1) -> Page:
    """Return a page in English, of so many CSS pixels."""
    viewport = ViewportSize(width=width, height=height)
    context = browser.new_context(locale="en-GB", viewport=viewport, device_scale_factor=scale, color_scheme="light")
    page = context.new_page()
    page.set_default_timeout(MILLISECONDS)
    return page


def complete(browser: Browser, demo: Demo) -> None:
    """Wait until the history of the simulated rooms is with the hub: nothing more of it comes."""
    page = new_page(browser, 800, 600)
    page.goto(demo.page)
    stored = -1

    def quiet() -> bool:
        nonlocal stored
        before, stored = stored, int(page.evaluate("fetch('api/v1/state').then((it) => it.json())")["stored"])
        time.sleep(2)
        return stored - before < _LIVE

    until(quiet, 2 * SECONDS)
    page.context.close()


_LIVE = 25
"""More records than come in two seconds without a history."""


def school(browser: Browser, demo: Demo, picture: Path) -> None:
    """Draw the overview: a card for each room."""
    page = new_page(browser, 1280, 670)
    page.goto(demo.page)
    expect(page.locator("li.card")).to_have_count(7)
    expect(page.locator("li.card[data-state=counting]")).to_have_count(3)
    expect(page.locator("li.card", has_text="Demo room").locator(".people")).not_to_have_text("0.0")
    page.screenshot(path=picture)


def room(browser: Browser, demo: Demo, picture: Path) -> None:
    """Draw a room as it is now, with the course of the lesson."""
    page = new_page(browser, 1280, 1000)
    opened(page, demo)
    page.screenshot(path=picture)


def lesson(browser: Browser, demo: Demo, picture: Path) -> None:
    """Draw the sheet of paper of a lesson that is over."""
    page = new_page(browser, 794, 1123, scale=1.5)  # A4 at 96 to an inch
    opened(page, demo)
    over = [each for each in page.get_by_role("button", name=_PERIOD).all() if has_ended(page, each)]
    over[-1].click()
    expect(page.get_by_text("In words")).to_be_visible()
    expect(page.get_by_text("former lessons of this room")).to_be_visible()
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.evaluate("document.body.style.padding = '14mm'")
    page.screenshot(path=picture, full_page=True)


def phone(browser: Browser, demo: Demo, picture: Path) -> None:
    """Draw a room on a phone."""
    page = new_page(browser, 390, 844, scale=2)
    opened(page, demo)
    page.screenshot(path=picture)


def wall(browser: Browser, demo: Demo, picture: Path) -> None:
    """Draw the wall of a site, where the page has one."""
    page = new_page(browser, 1920, 1080)
    page.goto(f"{demo.page}#/wall/{SITE}")
    page.wait_for_timeout(3000)  # nothing says that there is no wall
    if page.locator(".wall").count() == 0:
        print(f"left out: {picture.name}, the page has no wall", file=sys.stderr)
        return
    page.screenshot(path=picture)


def terminal(browser: Browser, demo: Demo, picture: Path) -> None:
    """Draw `emotion-edge watch` in a terminal of 80 columns."""
    mqtt = Mqtt(url=f"mqtt://127.0.0.1:{demo.broker}")
    feed = Feed(mqtt, read_secrets(mqtt), "", "")
    run = Watch(feed, mqtt.base, [])
    feed.start(lambda _line: None)

    def all_are_there() -> bool:
        run.take(lambda _line: None)
        rooms = run.rooms.sorted()
        return len(rooms) > 6 and all(each.health for each in rooms if each.online)

    until(all_are_there, 2 * SECONDS)
    console = Console(record=True, width=_COLUMNS, height=_LINES, force_terminal=True, color_system="truecolor")
    console.file = open("/dev/null", "w")  # noqa: SIM115, PTH123 - it is recorded, not shown
    console.print(whole(run.rooms.sorted(), now(), console, run.foot()))
    feed.close()
    page = new_page(browser, 1000, 560, scale=1.5)
    page.set_content(f"<body style='margin:0'>{console.export_svg(title='emotion-edge watch', theme=MONOKAI)}</body>")
    page.locator("svg").screenshot(path=picture)


def home_assistant(browser: Browser, demo: Demo, picture: Path) -> None:
    """Draw the card of a room in Home Assistant, where there is an environment with it."""
    python = Path(os.environ.get("EMOTION_EDGE_HOME_ASSISTANT", ROOT / ".venv-home-assistant")) / "bin" / "python"
    if not python.exists():
        print(f"left out: {picture.name}; set EMOTION_EDGE_HOME_ASSISTANT, see home_assistant.sh", file=sys.stderr)
        return
    announce(demo)
    card = ROOT / "deploy" / "home-assistant" / "card.yaml"
    program = Path(__file__).with_name("draw_home_assistant.py")
    with tempfile.TemporaryDirectory() as folder:
        words = [str(each) for each in (python, program, folder, demo.broker, card)]
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout is not None
        address = process.stdout.readline().decode().strip()
        page = new_page(browser, 520, 860, scale=1.5)
        page.goto(address)
        expect(page.get_by_text("Withheld because")).to_be_visible()
        page.wait_for_timeout(_GRAPH_SECONDS * 1000)  # its graph begins when Home Assistant does
        page.screenshot(path=picture)
        process.communicate(timeout=SECONDS)


def announce(demo: Demo) -> None:
    """Publish the discovery message of the simulated room, which real devices publish themselves."""
    device = "sim-00000"
    settings = Settings.model_validate({"device": {"id": device, "site": SITE, "room": ROOM}})
    topics = Topics(settings, device)
    payload = discovery(settings, topics, device, configured_note(settings.privacy), "simulated")
    sender = Sender(demo.broker)
    sender.say(topics.discovery, payload, retain=True)
    sender.close()


_GRAPH_SECONDS = 75

PICTURES: dict[str, Callable[[Browser, Demo, Path], None]] = {
    "school": school,
    "room": room,
    "lesson": lesson,
    "phone": phone,
    "wall": wall,
    "watch": terminal,
    "home-assistant": home_assistant,
}


def opened(page: Page, demo: Demo) -> None:
    """Open the page of `ROOM`, and wait for its chart."""
    page.goto(demo.page)
    page.get_by_role("link", name=ROOM, exact=True).click()
    expect(page.locator("section.room .now")).to_contain_text("people on average")
    expect(page.get_by_role("button", name=_PERIOD).first).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(2000)  # the chart draws at most every five seconds, and says nothing


def has_ended(page: Page, period: Locator) -> bool:
    """Whether a lesson is over by the clock of the page; no lesson of the demo passes midnight."""
    found = _PERIOD.fullmatch(period.inner_text())
    clock: str = page.evaluate("new Date().toTimeString().slice(0, 5)")
    return found is not None and found[1] <= clock


def main(folder: Path, *names: str) -> None:
    """Draw the pictures of `names`, or all."""
    folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=MILLISECONDS)
    demo = Demo()
    try:
        with chromium() as browser:
            complete(browser, demo)
            for name in names or PICTURES:
                PICTURES[name](browser, demo, folder / f"{name}.png")
    finally:
        demo.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
