"""The page of all rooms, in a real Chromium: order, filter, keyboard; what outlives a visit to a room or a reload."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import until
from tests.views.browser import MILLISECONDS, PICTURES, Devices, School, axe, log_in, new_page
from tests.views.published import BASE, Device, Sender, health

expect.set_options(timeout=MILLISECONDS)

MANY = 500
FOCUSED = "document.activeElement.textContent"
TOP = """[...document.querySelectorAll(".card")]
    .find(card => card.getBoundingClientRect().bottom > 0)?.querySelector("a").textContent"""
"""The room at the top of the window."""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with new_page(browser) as one:
        yield one


def connected(page: Page, school: School) -> None:
    log_in(page, school)
    expect(page.get_by_role("status")).to_have_text("Connected")


def test_order_groups_and_filter(school: School, devices: Devices, page: Page) -> None:
    connected(page, school)
    for device, happy in (("b1", 4), ("b2", 9), ("b3", 6)):
        devices.counts(device, happy)
    devices.say("b3", "health", health("b3", lost=[{"cause": "spool_damaged", "records": 12}]))
    sender = Sender(school.port)
    south = Device("s1", site="south", room="S1")
    sender.send(south, south.next(20.0))
    names = page.locator(".card a")
    expect(names).to_have_text(["B1", "B2", "B3", "S1"])
    page.get_by_label("Order").select_option("most people first")
    expect(names).to_have_text(["S1", "B2", "B3", "B1"])
    page.get_by_label("Order").select_option("attention first")
    expect(names).to_have_text(["B3", "B1", "B2", "S1"])
    page.get_by_label("by site").check()
    expect(page.locator(".grid h2")).to_have_text(["north", "B3", "B1", "B2", "south", "S1"])
    page.get_by_role("link", name="Wall screen: south").click()
    expect(page.locator(".tile h2")).to_have_text(["S1"])
    page.go_back()
    page.get_by_label("needs attention (1)").check()
    expect(names).to_have_text(["B3"])
    sender.say(f"{BASE}/north/b2/status", "offline")
    expect(names).to_have_text(["B2", "B3"])
    sender.close()


def test_the_sum_leaves_out_rooms_in_practice_and_says_so(school: School, devices: Devices, page: Page) -> None:
    connected(page, school)
    devices.counts("b1", 4)
    devices.counts("b2", 1, practice=True)
    expect(page.locator(".total")).to_have_text("6 people on average in 1 room. Rooms in practice, left out: 1.")


def test_500_rooms_are_one_stop_of_the_keyboard_and_keep_their_place(
    school: School, devices: Devices, page: Page
) -> None:
    connected(page, school)
    for number in range(MANY):
        devices.counts(f"r{number}", number % 20, wait=number == MANY - 1)
    names = page.locator(".card a")
    expect(names).to_have_count(MANY)
    assert page.locator('.card a[tabindex="0"]').count() == 1
    page.screenshot(path=PICTURES / "overview-500.png")
    page.locator('.card a[tabindex="0"]').focus()
    for key, name in (("ArrowRight", "R1"), ("ArrowLeft", "R0"), ("End", "R499"), ("Home", "R0"), ("ArrowRight", "R1")):
        page.keyboard.press(key)
        assert page.evaluate(FOCUSED) == name
    columns = page.evaluate(
        "[...document.querySelectorAll('.card')].findIndex((card, place, all) => card.offsetTop !== all[0].offsetTop)"
    )
    page.keyboard.press("ArrowDown")
    assert page.evaluate(FOCUSED) == f"R{columns + 1}"
    page.keyboard.press("ArrowUp")
    assert page.evaluate(FOCUSED) == "R1"
    page.keyboard.type("r33")
    expect(names).to_have_text(["R33", *(f"R33{each}" for each in range(10))])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("R339")
    page.get_by_role("link", name="All rooms").click()
    expect(names).to_have_count(11)
    assert page.locator('.card a[tabindex="0"]').inner_text() == "R339"
    page.reload()
    expect(page.get_by_role("status")).to_have_text("Connected")
    for number in range(MANY):
        devices.counts(f"r{number}", number % 20, wait=number == MANY - 1)
    expect(names).to_have_count(11)
    expect(page.get_by_label("Find a room")).to_have_value("r33")
    page.get_by_label("Find a room").press("Escape")
    expect(names).to_have_count(MANY)
    page.evaluate("document.querySelectorAll('.card')[250].scrollIntoView()")
    page.evaluate("scrollBy(0, 40)")
    before = page.evaluate(TOP)
    middle = page.evaluate(TOP.replace("bottom > 0", "top > 300"))
    page.get_by_role("link", name=middle, exact=True).press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(middle)
    page.go_back()
    expect(names).to_have_count(MANY)
    until(lambda: page.evaluate(TOP) == before)
    page.reload()
    expect(page.get_by_role("status")).to_have_text("Connected")
    for number in range(MANY):
        devices.counts(f"r{number}", number % 20, wait=number == MANY - 1)
    until(lambda: page.evaluate(TOP) == before)


def test_axe_finds_nothing_serious_in_either_appearance_nor_at_twice_the_size(
    school: School, devices: Devices, page: Page
) -> None:
    connected(page, school)
    devices.counts("b1", 4)
    devices.counts("b2", 1, practice=True)
    devices.withheld("b3")
    devices.say("b1", "health", health("b1", lost=[{"cause": "spool_damaged", "records": 12}]))
    expect(page.locator(".card")).to_have_count(3)
    for theme in ("light", "dark"):
        page.get_by_label("Appearance").select_option(theme)
        page.screenshot(path=PICTURES / f"overview-{theme}.png")
        assert axe(page, f"overview {theme}") == []
    page.set_viewport_size({"width": 640, "height": 400})  # 1280 x 800 at a zoom of 200 %
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=PICTURES / "overview-phone.png", full_page=True)
    page.reload()
    expect(page.get_by_label("Appearance")).to_have_value("dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
