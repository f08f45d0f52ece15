"""The page as an app, in a real Chromium: without its server it opens and says so; a new release is there at once."""

import json
import re
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Mosquitto, until
from tests.hub.running import Hub, write_hub_config
from tests.views.browser import BUNDLE, MILLISECONDS, PASSWORD, PICTURES, USER, School, fill_in, new_page
from tests.views.published import Device, Sender

expect.set_options(timeout=MILLISECONDS)

READY = "navigator.serviceWorker.ready.then(shell => shell.active.state)"
KEPT = """caches.keys()
    .then(names => Promise.all(names.map(name => caches.open(name).then(shell => shell.keys()))))
    .then(all => all.flat().map(each => new URL(each.url).pathname))"""
ICONS = """fetch("manifest.webmanifest").then(answer => answer.json()).then(({ icons }) => Promise.all(
    icons.map(async ({ src, sizes }) => {
        const image = new Image();
        image.src = src;
        await image.decode();
        return { sizes, width: image.naturalWidth };
    })
))"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with new_page(browser) as one:
        yield one


class StaticServer:
    """Any web server of files that is no hub, on a copy of the page."""

    def __init__(self, folder: Path, broker: str) -> None:
        self.folder = folder / "page"
        shutil.copytree(BUNDLE, self.folder)
        config = self.folder / "config.json"
        config.write_text(json.dumps(json.loads(config.read_text()) | {"broker": broker}))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=self.folder))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/"

    def release(self, number: int) -> None:
        """Put another release in the place of this one."""
        index, worker = self.folder / "index.html", self.folder / "sw.js"
        index.write_text(
            re.sub(r"(<html[^>]*?)( data-release=\S+)?>", rf'\1 data-release="{number}">', index.read_text(), count=1)
        )
        worker.write_text(re.sub(r"[0-9a-f]{16}", f"{number:016x}", worker.read_text(), count=1))

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_without_the_hub_the_page_opens_and_says_since_when_nothing_can_be_read(
    broker: Mosquitto, page: Page, tmp_path: Path
) -> None:
    sender = Sender(broker.port)
    device = Device("pi-1")
    with Hub(write_hub_config(tmp_path, broker.port)) as hub:
        page.goto(hub.address)
        sender.send(device, device.next(12.0))
        expect(page.locator(".card .people")).to_have_text("12.0")
        until(lambda: page.evaluate(READY) == "activated")
        page.get_by_label("Language").select_option("de")
        hub.stop()
        page.reload()
        told = page.get_by_role("alert")
        expect(told).to_contain_text(
            re.compile(r"Seit \d\d:\d\d kann nichts gelesen werden: 127\.0\.0\.1:\d+ antwortet nicht")
        )
        page.screenshot(path=PICTURES / "offline.png")
        kept = page.evaluate(KEPT)
        assert "/index.html" in kept
        assert not [path for path in kept if "api" in path]
        hub.start()
        expect(page.locator(".card")).to_have_count(1)
        sender.send(device, device.next(9.0))
        expect(page.locator(".card .people")).to_have_text("9,0")
        expect(told).to_have_count(0)
    sender.close()


def keeps_only(page: Page, release: int) -> bool:
    """Return whether the files of this release are kept, and no longer those of the one before."""
    return [name.split()[-1] for name in page.evaluate("caches.keys()")] == [f"{release:016x}"]


def test_a_new_release_is_there_at_the_next_load_and_a_wall_takes_it_by_itself(
    school: School, page: Page, tmp_path: Path
) -> None:
    server = StaticServer(tmp_path, f"ws://127.0.0.1:{school.page_port}")
    release = page.locator("html")
    page.goto(server.url)
    until(lambda: page.evaluate(READY) == "activated")
    page.reload()
    server.release(2)
    page.reload()
    expect(release).to_have_attribute("data-release", "2")
    until(partial(keeps_only, page, 2))
    page.goto(f"{server.url}#/wall/north")
    fill_in(page, USER, PASSWORD)
    expect(page.locator(".wall .link")).to_have_attribute("data-link", "connected")
    server.release(3)
    page.evaluate("navigator.serviceWorker.ready.then(shell => { void shell.update() })")
    expect(release).to_have_attribute("data-release", "3")
    expect(page.locator(".wall .link")).to_have_attribute("data-link", "connected")
    until(partial(keeps_only, page, 3))
    server.stop()
    page.reload()
    expect(release).to_have_attribute("data-release", "3")


def test_the_manifest_names_icons_that_are_there(page: Page, tmp_path: Path) -> None:
    server = StaticServer(tmp_path, "")
    page.goto(server.url)
    icons = page.evaluate(ICONS)
    assert {each["sizes"] for each in icons} == {"any", "192x192", "512x512"}
    assert all(each["sizes"] in {"any", f"{each['width']}x{each['width']}"} for each in icons)
    session = page.context.new_cdp_session(page)
    assert session.send("Page.getAppManifest")["errors"] == []
    server.stop()
