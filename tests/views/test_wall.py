"""The screen on a wall, in a real Chromium: what fills it, what it says first, and what it outlives."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Mosquitto, until
from tests.hub.lan import hub_command
from tests.hub.people import PASSWORD as ACCOUNT_PASSWORD
from tests.hub.running import Hub, write_hub_config
from tests.views.browser import MILLISECONDS, PASSWORD, PICTURES, USER, Devices, School, axe, fill_in, new_page
from tests.views.published import Device, Sender, health

expect.set_options(timeout=MILLISECONDS)

SCREENS = ((1920, 1080), (3840, 2160))
FITTING = """([count, letter]) => {
    const whole = each => each.scrollHeight <= each.clientHeight + 1;
    const seen = each => each.getBoundingClientRect().bottom <= innerHeight;
    const all = [...document.querySelectorAll(".tile")];
    const large = parseFloat(getComputedStyle(all[0].querySelector(".people")).fontSize) >= letter;
    const fits = [...all, ...document.querySelectorAll(".wall, .tiles, html")].every(each => whole(each) && seen(each));
    return all.length === count && large && fits;
}"""
"""Whether so many tiles are seen whole without scrolling, their numbers at least so many pixels high."""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with new_page(browser) as one:
        yield one


def open_wall(page: Page, school: School, *, lasting: bool = False) -> None:
    page.goto(f"{school.url}#/wall/north")
    if lasting:
        page.get_by_label("Keep this login on this screen").check()
    fill_in(page, USER, PASSWORD)
    is_connected(page)


def is_connected(page: Page) -> None:
    """Wait until the wall is connected, which it says by silence."""
    status = page.locator(".wall .link")
    expect(status).to_have_attribute("data-link", "connected")
    expect(status).to_be_hidden()


def fill(devices: Devices, first: int, count: int) -> None:
    """Let rooms publish: most have people, some are too small, paused, offline, or lost records."""
    for number in range(first, count):
        name = f"r{number:02}"
        devices.counts(
            name, 3 + number % 17, wait=False, room=f"Chemistry lab {number}" if number % 5 == 0 else f"B{number}"
        )
        if number % 8 == 1:
            devices.withheld(name)
        elif number % 8 == 2:
            devices.say(name, "status", "offline")
        elif number % 8 == 3:
            devices.say(name, "pause", "ON")
        elif number == 4:
            devices.say(name, "health", health(name, lost=[{"cause": "spool_damaged", "records": 12}]))
    devices.drain()


def test_4_to_40_rooms_fill_the_screen_without_scrolling(school: School, devices: Devices, page: Page) -> None:
    """Those in trouble first; letters grow with tiles; nothing is cut off, and nothing is to be scrolled to."""
    open_wall(page, school)
    PICTURES.mkdir(parents=True, exist_ok=True)
    before = 0
    for count in (4, 12, 40):
        fill(devices, before, count)
        before = count
        expect(page.locator(".tile")).to_have_count(count)
        expect(page.locator('[data-kind="trouble"]')).to_have_count({4: 1, 12: 3, 40: 6}[count])
        for width, height in SCREENS:
            page.set_viewport_size({"width": width, "height": height})
            smallest = {4: 120, 12: 70, 40: 40}[count] * width / 1920
            until(partial(page.evaluate, FITTING, [count, smallest]))
            page.screenshot(path=PICTURES / f"wall-{count}-{width}.png")
    kinds = page.locator(".tile").evaluate_all("all => all.map(each => each.dataset.kind)")
    assert kinds[:6] == ["trouble"] * 6
    assert "trouble" not in kinds[6:]
    expect(page.locator(".key")).to_contain_text("smiling")
    small = page.locator(".tile", has_text="Too few people").first
    expect(small).to_have_attribute("data-kind", "quiet")
    expect(small.locator(".people")).to_be_hidden()
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        page.screenshot(path=PICTURES / f"wall-40-{theme}.png")
        assert axe(page, f"wall {theme}") == []


def test_a_wall_outlives_the_tab_and_loses_nothing_to_a_broker_that_restarts(
    school: School, devices: Devices, browser: Browser
) -> None:
    """And names only the lost connection: what nobody can hear is no trouble of a device."""
    with new_page(browser) as page:
        open_wall(page, school, lasting=True)
        page.reload()
        is_connected(page)
        kept = page.context.storage_state()
    with new_page(browser, storage_state=kept) as page:
        page.goto(f"{school.url}#/wall/north")
        is_connected(page)
        devices.counts("b2", 4)
        expect(page.locator(".tile .people")).to_have_text("6.0")
        school.stop()
        expect(page.get_by_role("status")).to_contain_text("Connection to the broker lost")
        expect(page.get_by_role("status")).to_contain_text("Nothing could be read since")
        page.evaluate("const now = performance.now.bind(performance); performance.now = () => now() + 60_000")
        expect(page.locator(".tile")).to_have_attribute("data-kind", "quiet")
        school.start()
        is_connected(page)
        expect(page.locator(".tile")).to_have_attribute("data-kind", "trouble")
        page.get_by_role("link", name="All rooms").click()
        page.get_by_label("Find a room").fill("b2")
        page.get_by_role("button", name="Log out").click()
        expect(page.get_by_label("Password")).to_be_visible()
        assert page.evaluate("sessionStorage.length + localStorage.length") == 0


def test_the_screen_stays_awake_while_a_wall_is_shown(school: School, page: Page) -> None:
    page.add_init_script(
        "const ask = navigator.wakeLock.request.bind(navigator.wakeLock); window.locks = [];"
        "navigator.wakeLock.request = kind => ask(kind).then(lock => (locks.push(lock), lock))"
    )
    open_wall(page, school)
    awake = "() => window.locks.map(lock => !lock.released)"
    until(lambda: page.evaluate(awake) == [True])
    page.get_by_role("link", name="All rooms").click()
    expect(page.get_by_role("heading", name="All rooms")).to_be_visible()
    until(lambda: page.evaluate(awake) == [False])


def test_a_screen_of_a_hub_needs_its_token_once(broker: Mosquitto, browser: Browser, tmp_path: Path) -> None:
    """It shows its site after a restart of the browser and of the hub, alone, and more rooms as they come."""
    config = write_hub_config(tmp_path, broker.port)
    added = hub_command("accounts", "add", "--config", config, "--role", "admin", "ada", said=f"{ACCOUNT_PASSWORD}\n")
    assert added.returncode == 0, added.stderr
    token = hub_command("tokens", "add", "--config", config, "--site", "north", "hall").stdout.split()[-1]
    sender = Sender(broker.port)
    rooms = [Device("pi-1", room="B1"), Device("pi-2", site="south", room="S1"), Device("pi-3", room="B3")]
    state: Any = None
    with Hub(config) as hub:
        with new_page(browser) as page:
            page.goto(f"{hub.address}/#/wall/north")
            fill_in(page, "hall", token)
            for device in rooms[:2]:
                sender.send(device, device.next(12.0))
            expect(page.locator(".tile")).to_have_text(["B112.0"])
            state = page.context.storage_state()
        with new_page(browser, storage_state=state) as page:
            page.goto(f"{hub.address}/#/wall/north")
            expect(page.locator(".tile")).to_have_count(1)
            hub.stop()
            expect(page.get_by_role("status")).to_contain_text("Connection to the hub lost")
            hub.start()
            is_connected(page)
            sender.send(rooms[2], rooms[2].next(8.0))
            expect(page.locator(".tile h2")).to_have_text(["B1", "B3"])
    sender.close()
