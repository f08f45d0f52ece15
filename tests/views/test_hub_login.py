"""Logging in to a hub and pausing a room, in a real Chromium, with the broker of the recipe and a real device."""

import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import SECONDS, until
from tests.hub.lan import LanHub, device_config
from tests.hub.people import PASSWORD
from tests.support.broker_recipe import Site
from tests.support.daemon import Daemon, command
from tests.views.browser import MILLISECONDS, MOST_CLICKS, SCREENS, Hand, axe, fill_in, new_page, take_pictures

expect.set_options(timeout=MILLISECONDS)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    folder = tmp_path / "site"
    folder.mkdir()
    running = Site(folder)
    yield running
    running.broker.stop()


def test_a_teacher_logs_in_pauses_the_room_and_resumes_it(browser: Browser, site: Site, tmp_path: Path) -> None:
    hub = LanHub(tmp_path, site)
    hub.add("anna", "--role", "teacher", "--rooms", "pi-1")
    hub.add("hanna", "--role", "head")
    config = device_config(tmp_path, site)
    with hub, Daemon(tmp_path, "run", "--config", config), new_page(browser, ignore_https_errors=True) as page:
        page.goto(f"https://localhost:{hub.port}/")
        fill_in(page, "anna", "wrong")
        expect(page.get_by_role("alert")).to_have_text("The user name or password is wrong.")
        take_pictures(page, "login")
        assert axe(page, "login at a hub") == []
        fill_in(page, "anna", PASSWORD)
        expect(page.get_by_role("status")).to_have_text("Connected")
        expect(page.get_by_text("Not encrypted")).to_have_count(0)
        assert set(page.evaluate("Object.keys({...sessionStorage, ...localStorage})")) <= {"last_read"}
        anna = hub.client("anna")
        until(lambda: anna.get("devices/pi-1/pause").json()["paused"] is False)  # the hub can send orders
        # Not more of them: a device publishes few changes of its state in a short time.
        for screen in SCREENS:
            page.set_viewport_size(screen)
            the_room_is_resumed(a_room_is_paused(Hand(page, keys=True)))
        a_room_is_paused(Hand(page, keys=False))
        page.set_viewport_size(SCREENS[0])
        page.reload()
        expect(page.locator(".pausing")).to_contain_text("Paused by anna, since ")
        expect(page.locator(".gaps")).to_contain_text("paused by a command: ")
        take_pictures(page, "room-paused")
        for theme in ("light", "dark"):
            page.get_by_label("Appearance").select_option(theme)
            assert axe(page, f"paused room {theme}") == []
        a_head_sees_who_paused(browser, hub)
        the_room_is_resumed(Hand(page, keys=False))
        a_mark_is_set_and_deleted(page)
        page.get_by_role("button", name="Log out (anna)").click()
        expect(page.get_by_label("Password", exact=True)).to_be_visible()
        page.reload()
        expect(page.get_by_label("Password", exact=True)).to_be_visible()


def a_room_is_paused(hand: Hand) -> Hand:
    """And it is read who did it, and until when; from the page of all rooms in as few clicks as every task."""
    page = hand.page
    page.evaluate("location.hash = '#/'")
    hand.use(page.get_by_role("link", name="B12"))
    hand.use(page.get_by_role("button", name="Pause for 45 min"))
    expect(page.locator("section > .head .state")).to_have_text("paused")
    expect(page.locator(".pausing")).to_contain_text("Paused by anna, since ")
    expect(page.locator(".pausing")).to_contain_text(", until ")
    if hand.keys:  # goes on where the pressed button was
        expect(page.get_by_role("button", name="Resume")).to_be_focused()
    assert hand.clicks <= MOST_CLICKS
    return hand


def the_room_is_resumed(hand: Hand) -> None:
    page = hand.page
    hand.use(page.get_by_role("button", name="Resume"))
    expect(page.locator("section > .head .state")).not_to_have_text("paused")
    expect(page.get_by_role("button", name="Pause until resumed")).to_be_visible()
    if hand.keys:
        expect(page.get_by_role("button", name="Pause for 45 min")).to_be_focused()
    assert hand.clicks <= MOST_CLICKS


def a_mark_is_set_and_deleted(page: Page) -> None:
    """On the axis of the time that the address names; what is written never becomes markup."""
    now = datetime.now(UTC)
    times = [f"{now + timedelta(minutes=minutes):%Y-%m-%dT%H:%MZ}" for minutes in (-5, 40)]
    page.evaluate("hash => { location.hash = hash }", "/".join(["#/north/pi-1", *times]))
    page.get_by_label("What happened").fill("<b>group work</b> starts")
    page.get_by_role("button", name="Set a mark").click()
    mark = page.locator(".marks li")
    expect(mark).to_contain_text("<b>group work</b> starts (anna)")
    take_pictures(page, "lesson-marked")
    mark.get_by_role("button").click()
    expect(mark).to_have_count(0)


def a_head_sees_who_paused(browser: Browser, hub: LanHub) -> None:
    """And cannot pause, nor resume."""
    with new_page(browser, ignore_https_errors=True) as page:
        page.goto(f"https://localhost:{hub.port}/")
        fill_in(page, "hanna", PASSWORD)
        page.get_by_role("link", name="B12").click()
        expect(page.locator(".pausing")).to_contain_text("Paused by anna, since ")
        expect(page.locator(".pausing").get_by_role("button")).to_have_count(0)


def test_a_page_without_encryption_says_so(browser: Browser, site: Site, tmp_path: Path) -> None:
    hub = LanHub(tmp_path, site, cert_file="", key_file="", plain_http=True)
    hub.add("ada", "--role", "admin")
    with hub.log.open("ab") as log:
        process = subprocess.Popen(command("hub", "serve", "--config", hub.config), stderr=log, stdout=log)
    try:
        with new_page(browser) as page:
            until(lambda: listens(hub.port))
            page.goto(f"http://127.0.0.1:{hub.port}/")
            fill_in(page, "ada", PASSWORD)
            expect(page.get_by_text("Not encrypted")).to_be_visible()
            expect(page.get_by_role("status")).to_have_text("Connected")
    finally:
        process.terminate()
        process.wait(SECONDS)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
