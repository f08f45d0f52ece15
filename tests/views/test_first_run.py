"""The set-up page in a real Chromium: the code of the QR code, the browser's time zone, a phone and a desktop."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from edge.config import CameraSettings, Settings
from edge.hub.first_run.answers import Answers, take
from edge.hub.first_run.camera import Camera
from edge.hub.first_run.code import Code
from edge.hub.first_run.server import ANSWERS, build
from edge.hub.settings import HubSettings
from edge.tools.aim_live import live
from tests.conftest import SECONDS, until
from tests.support.unix_server import unix_server
from tests.views.browser import MILLISECONDS, axe, new_page, take_pictures

expect.set_options(timeout=MILLISECONDS)
SECRET = "7KQ2-M9XH-4RTZ"


@contextlib.contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Yield the address of an application."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    yield f"http://localhost:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    thread.join(SECONDS)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with served(build(HubSettings(), Code(SECRET), tmp_path)) as found:
        yield found


def fill_in(page: Page) -> None:
    page.get_by_label("Site: a short").fill("north")
    page.get_by_label("Room, such as").fill("<b>B12</b>")
    page.get_by_label("Yes: people are counted").check()
    page.get_by_label("I have read this").check()
    page.get_by_label("Password of your").fill("four words of mine")


def test_a_phone_answers_with_the_code_of_the_picture(browser: Browser, address: str, tmp_path: Path) -> None:
    with new_page(browser, timezone_id="Pacific/Auckland") as page:
        page.goto(f"{address}#{SECRET}")
        expect(page.get_by_label("Code from the terminal")).to_have_value(SECRET)
        assert SECRET not in page.url, "the code is in no history"
        expect(page.get_by_label("Time zone")).to_have_value("Pacific/Auckland")
        take_pictures(page, "first-run")
        assert axe(page, "set-up page") == []
        fill_in(page)
        page.get_by_label("Site: a short").fill("My School")
        page.get_by_role("button", name="Set up").click()
        expect(page.get_by_text("Use letters, digits")).to_be_visible()
        assert axe(page, "set-up page with a problem") == []
        take_pictures(page, "first-run-problem")
        fill_in(page)
        page.get_by_role("button", name="Set up").click()
        expect(page.get_by_role("status")).to_contain_text("sets itself up")
        take_pictures(page, "first-run-done")
    expected = Answers("north", "<b>B12</b>", "presence", "Pacific/Auckland", "", "no", "four words of mine")
    assert take(tmp_path / ANSWERS) == expected


def test_the_page_speaks_german(browser: Browser, address: str) -> None:
    with new_page(browser) as page:
        page.goto(address)
        page.get_by_role("link", name="Deutsch").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("emotion-edge einrichten")
        take_pictures(page, "first-run-de")


def test_a_hub_that_is_slow_at_first_is_waited_for(browser: Browser, tmp_path: Path) -> None:
    """Its first page takes longer than the time between two looks."""
    app = build(HubSettings(), Code(SECRET), tmp_path)

    async def session(_request: Request) -> Response:
        return Response(status_code=401 if (tmp_path / ANSWERS).exists() else 404)

    async def hub(request: Request) -> Response:
        if not (tmp_path / ANSWERS).exists():
            shown: Response = await form(request)
            return shown
        await asyncio.sleep(5)
        return HTMLResponse("<h1>The hub</h1>", headers={"Cross-Origin-Opener-Policy": "same-origin"})

    form = next(each.endpoint for each in app.routes if isinstance(each, Route) and "GET" in (each.methods or ()))
    app.router.routes[:0] = [Route("/api/v1/session", session), Route("/", hub)]
    with served(app) as address, new_page(browser) as page:
        page.goto(f"{address}#{SECRET}")
        fill_in(page)
        page.get_by_role("button", name="Set up").click()
        expect(page.get_by_role("heading", name="The hub")).to_be_visible()


@contextlib.contextmanager
def camera_process(path: Path, source: str) -> Iterator[None]:
    """The real camera process behind a socket, as the unit of the set-up page starts it: one for each connection."""
    settings = Settings(camera=CameraSettings(source=source))

    def serve(connection: socket.socket) -> None:
        live(settings, lambda message: connection.sendall(f"{message.model_dump_json()}\n".encode()))

    with unix_server(path, serve):
        yield


def test_the_page_draws_where_faces_are(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    app = build(HubSettings(), Code(SECRET), tmp_path, Camera(path))
    with camera_process(path, "scene"), served(app) as address, new_page(browser) as page:
        page.goto(address)
        page.get_by_role("button", name="Show outlines").click()
        expect(page.get_by_label("Code from the terminal")).to_be_focused()  # an empty code costs no try
        page.get_by_label("Code from the terminal").fill("2222-2222-2222")
        page.get_by_role("button", name="Show outlines").click()
        expect(page.get_by_text("This is not the code. Write")).to_be_visible()
        page.get_by_label("Code from the terminal").fill(SECRET)
        page.get_by_role("button", name="Show outlines").click()
        expect(page.locator("#view rect").nth(2)).to_be_visible()
        expect(page.locator("#seen")).to_contain_text("Too small to be counted (dashed): 0.")
        assert axe(page, "set-up page with outlines") == []
        take_pictures(page, "first-run-camera")
        page.get_by_role("button", name="Close the camera").click()
        expect(page.locator("#view")).to_be_hidden()
        expect(page.get_by_role("button", name="Show outlines")).to_be_visible()


def test_a_camera_that_is_not_there_is_named_on_the_page(browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    app = build(HubSettings(), Code(SECRET), tmp_path, Camera(path))
    with camera_process(path, "/no/such/clip.mp4"), served(app) as address, new_page(browser) as page:
        page.goto(f"{address}?lang=de#{SECRET}")
        page.get_by_role("button", name="Umrisse").click()
        expect(page.get_by_text("Keine Kamera gefunden")).to_be_visible()
