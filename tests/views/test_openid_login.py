"""Login at an OpenID provider in a real Chromium, whose rules for cookies of other sites decide whether it works."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, expect

from tests.conftest import SECONDS
from tests.hub.people import School
from tests.hub.provider import CLIENT, SECRET, Provider
from tests.views.browser import MILLISECONDS, new_page

expect.set_options(timeout=MILLISECONDS)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as provider:
        provider.issuer = provider.issuer.replace("127.0.0.1", "localhost")  # for a browser another site than the hub
        yield provider


@pytest.fixture
def address(provider: Provider, tmp_path: Path) -> Iterator[str]:
    """A hub at which people sign in at the provider."""
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # who connects before the server runs waits, and is not refused
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = {"issuer": provider.issuer, "client_id": CLIENT, "client_secret_file": str(secret)}
        more = {"redirect_url": f"{address}/api/v1/oidc/callback", "roles": ["b12 = teacher north pi-1"]}
        school = School(tmp_path, oidc=settings | more)
        school.admit_everyone()
        server = uvicorn.Server(uvicorn.Config(school.app, log_level="warning", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=lambda: server.run(sockets=[listener]), daemon=True)
        thread.start()
        yield address
        server.should_exit = True
        thread.join(SECONDS)
        school.database.engine.dispose()


def test_a_browser_comes_back_logged_in_and_a_stranger_does_not(
    browser: Browser, provider: Provider, address: str
) -> None:
    with new_page(browser) as page:
        page.goto(f"{address}/api/v1/oidc/login")
        expect(page.get_by_role("button", name="Log out (anna.weber)")).to_be_visible()
        assert page.url == f"{address}/"
        cookies = {each["name"]: each for each in page.context.cookies()}
        assert set(cookies) == {"emotion-edge"}
        assert (cookies["emotion-edge"]["sameSite"], cookies["emotion-edge"]["httpOnly"]) == ("Strict", True)
        page.get_by_role("button", name="Log out (anna.weber)").click()
        expect(page.get_by_label("User name")).to_be_visible()
        provider.person["groups"] = ["pupils"]
        page.goto(f"{address}/api/v1/oidc/login")
        expect(page.get_by_text("Your account is in no group that has a role here")).to_be_visible()
        page.get_by_role("link", name="Back to the page").click()
        expect(page.get_by_label("User name")).to_be_visible()
