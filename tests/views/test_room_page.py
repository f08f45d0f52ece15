"""The page of a room in a real Chromium: what its chart draws, reads out, prints and saves, without a hub."""

import csv
import io
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.contract.records import EMOTIONS
from tests.views.browser import MILLISECONDS, PICTURES, Devices, School, axe, log_in, new_page
from tests.views.published import LENGTH, Device, health

expect.set_options(timeout=MILLISECONDS)

NEUTRAL, SMILING, TOGETHER, UNSURE = "#56b4e9", "#f0e442", "#d9c7b8", "#8c8c8c"
NOBODY = dict.fromkeys(EMOTIONS)


@pytest.fixture
def page(browser: Browser, school: School) -> Iterator[Page]:
    with new_page(browser) as one:
        log_in(one, school)
        expect(one.get_by_role("status")).to_have_text("Connected")
        yield one


def room(name: str = "B12") -> Device:
    """Return a device whose clock is ahead, so that its latest record is not overdue however slow the test is."""
    return Device("b12", room=name, begin=int(time.time()) // 60 * 60 + 300)


def told(devices: Devices, device: Device, *changes: dict[str, Any]) -> None:
    """Publish a record of 12 people for each change; None: too few people, so that nothing is told."""
    for change in changes:
        devices.say(device.name, "counts", device.next(12.0, happy=5.0) | change)
    devices.drain()


def withheld(devices: Devices, device: Device) -> None:
    """Publish a record of too few people."""
    devices.say(device.name, "counts", device.next(2.0))
    devices.drain()


def shares(page: Page) -> dict[str, float]:
    """Return which share of the plotted area of the chart each colour fills."""
    counted = page.evaluate(
        """() => {
        const canvas = document.querySelector('.plot canvas'), over = document.querySelector('.plot .u-over');
        const box = canvas.getBoundingClientRect(), area = over.getBoundingClientRect();
        const scale = canvas.width / box.width, context = canvas.getContext('2d');
        const from = [(area.left - box.left) * scale, (area.top - box.top) * scale];
        const { data } = context.getImageData(...from, area.width * scale, area.height * scale);
        const found = {};
        for (let at = 0; at < data.length; at += 4) {
          if (data[at + 3] < 255) continue;
          const name = '#' + [0, 1, 2].map(each => data[at + each].toString(16).padStart(2, '0')).join('');
          found[name] = (found[name] ?? 0) + 4 / data.length;
        }
        return found;
        }"""
    )
    return dict(counted)


def open_room(page: Page) -> None:
    page.get_by_role("link", name="B12").click()
    expect(page.locator(".legend .everyone .value")).not_to_have_text("–")


def test_the_chart_draws_whatever_was_published(page: Page, devices: Devices) -> None:
    """A single interval, a room at the limit of the smallest group, sums of small numbers, and near-unanimity."""
    device = room()
    told(devices, device, {})
    open_room(page)
    single = shares(page)
    assert single[NEUTRAL] > 0.2  # 7 of 12 people over the whole width: nothing is blank
    assert single[SMILING] > 0.2
    withheld(devices, device)
    told(devices, device, {}, {})
    withheld(devices, device)
    told(devices, device, {})
    expect(page.locator(".gaps")).to_have_text("too few people: 20 sec")
    hovering = shares(page)
    assert 0.4 < hovering[NEUTRAL] / single[NEUTRAL] < 0.9
    folded = {"suppressed": "below_min_cell", "emotions": NOBODY | {"happy": 5.0}, "unsure": None, "other": 7.0}
    unanimous = {"suppressed": "above_max_share", "emotions": NOBODY | {"happy": 9.0}, "unsure": 3.0}
    told(devices, device, folded, folded, unanimous, unanimous)
    expect(page.locator(".gaps")).to_contain_text("nearly unanimous: 20 sec. Nearly everyone shows the same emotion.")
    expect(page.locator(".gaps")).to_contain_text("everyone else stands under unsure")
    expect(page.locator(".legend")).to_contain_text("others together")
    assert shares(page)[TOGETHER] > 0.02
    assert shares(page)[UNSURE] > 0.005


def test_a_colour_has_one_place_on_the_page(page: Page, devices: Devices) -> None:
    """The latest record has more people who smile, the course more who look neutral."""
    device = room()
    told(devices, device, *({} for _ in range(11)))
    devices.say(device.name, "counts", device.next(12.0, happy=9.0))
    devices.drain()
    open_room(page)
    expect(page.locator(".mix [data-key=happy] td")).to_have_text("9.0")
    names = "all => all.map(each => each.dataset.key)"
    assert page.locator(".legend [data-key]").evaluate_all(names) == ["neutral", "happy", "rest", "unsure"]
    assert page.locator(".mix [data-key]").evaluate_all(names) == ["neutral", "happy", "rest", "unsure"]


def test_bands_name_who_paused_and_what_hid_the_people(page: Page, devices: Devices) -> None:
    device = room()
    told(devices, device, {}, {})
    say_health(devices, device, paused_by=["schedule"])
    for _ in range(6):
        devices.say("b12", "counts", device.next(paused=True))
    told(devices, device, {})
    device.time += 20 * LENGTH  # the device was off
    told(devices, device, {})
    say_health(devices, device, light="too_dark", picture="too_dark")
    for _ in range(3):
        devices.say("b12", "counts", device.next(0.0, analysed=0))
    told(devices, device, {})
    say_health(devices, device)
    open_room(page)
    gaps = page.locator(".gaps li")
    expect(gaps).to_have_text(["paused by the schedule: 60 sec", "no records: 3 min", "too dark: 30 sec"])
    page.get_by_text("As a table").click()
    rows = page.locator("details tbody tr")
    expect(rows.filter(has_text="paused by the schedule")).to_have_count(6)
    expect(rows.filter(has_text="too dark")).to_have_count(3)


def say_health(devices: Devices, device: Device, **changes: Any) -> None:
    """Publish health of a device as of its time."""
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(device.time))
    devices.say("b12", "health", json.dumps(json.loads(health("b12", **changes)) | {"time": when}))
    devices.drain()


def test_the_chart_is_read_and_a_group_shown_alone_by_keys_and_by_touch(page: Page, devices: Devices) -> None:
    device = room()
    told(devices, device, *({"faces": {"mean": 12.0, "max": 12}} for _ in range(6)))
    for _ in range(6):
        devices.say("b12", "counts", device.next(20.0, happy=8.0))
    devices.drain()
    open_room(page)
    expect(page.locator(".legend [data-key=happy] .value")).to_have_text("8.0")
    chart = page.get_by_role("slider")
    chart.focus()
    page.keyboard.press("ArrowLeft")
    expect(chart).to_have_attribute("aria-valuetext", re.compile(r"12\.0 people on average; .*smiling 5\.0"))
    expect(page.locator(".legend [data-key=happy] .value")).to_have_text("5.0")
    page.keyboard.press("End")
    expect(page.locator(".legend [data-key=happy] .value")).to_have_text("8.0")
    box = page.locator(".plot .u-over").bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 5)
    expect(page.locator(".legend [data-key=happy] .value")).to_have_text("5.0")
    page.locator(".legend [data-key=happy]").press("Enter")
    expect(page.locator(".legend [data-key=happy]")).to_have_attribute("aria-pressed", "true")
    assert NEUTRAL not in {name for name, share in shares(page).items() if share > 0.001}
    page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + 0.9 * box["height"])
    expect(page.locator(".legend [aria-pressed=true]")).to_have_count(0)
    page.mouse.click(box["x"] + 0.2 * box["width"], box["y"] + 0.95 * box["height"])  # the strongest lies lowest
    expect(page.locator(".legend [data-key=neutral]")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize(("width", "height", "smallest"), [(1280, 800, 14), (1920, 1080, 17), (390, 844, 12)])
def test_the_chart_and_its_legend_are_seen_without_scrolling(
    page: Page, devices: Devices, width: int, height: int, smallest: int
) -> None:
    """And its letters grow with the screen, in pixels."""
    page.set_viewport_size({"width": width, "height": height})
    told(devices, room(), {}, {})
    open_room(page)
    chart, legend = (page.locator(each).bounding_box() for each in (".plot", ".legend"))
    assert chart
    assert legend
    assert legend["y"] >= 0
    assert chart["y"] + chart["height"] <= height
    letter = page.evaluate("parseFloat(getComputedStyle(document.querySelector('.plot')).fontSize)")
    assert letter >= smallest


def test_at_twice_the_size_nothing_is_cut_off(page: Page, devices: Devices) -> None:
    """A zoom of 200 % leaves half of the pixels (WCAG 1.4.10)."""
    page.set_viewport_size({"width": 640, "height": 400})
    told(devices, room(), {}, {})
    open_room(page)
    page.get_by_label("all seven emotions").check()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_table_for_a_spreadsheet_has_what_the_page_has_and_no_formula(page: Page, devices: Devices) -> None:
    device = room("=B12+1")
    told(devices, device, {}, {})
    withheld(devices, device)
    page.get_by_role("link", name="=B12+1").click()
    expect(page.locator(".gaps")).to_contain_text("too few people")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as table (CSV)").click()
    assert download.value.suggested_filename.endswith(".csv")
    text = Path(download.value.path()).read_text("utf-8-sig")
    assert all(cell.startswith('"') and cell[1] not in "=+-@" for cell in text.replace("\r\n", ",").split(",") if cell)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["people"], row["happy"], row["without_numbers"]) for row in rows] == [
        ("12", "5", ""),
        ("12", "5", ""),
        ("", "", "too few people"),
    ]


def test_a_sheet_of_paper_has_date_chart_numbers_and_notice_and_no_button(page: Page, devices: Devices) -> None:
    told(devices, room(), {}, {})
    open_room(page)
    page.get_by_label("Appearance").select_option("dark")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.set_viewport_size({"width": 720, "height": 1000})
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / "room-print.png", full_page=True)
    expect(page.locator(".printed")).to_contain_text(re.compile(r"north, B12: \w+ \d+ \w+, \d\d:\d\d–\d\d:\d\d"))
    expect(page.locator(".legal")).to_contain_text("2024/1689")
    expect(page.locator(".legend")).to_contain_text("neutral 7.0")
    assert page.get_by_role("button", name=re.compile("Print|Save|Copy")).count() == 0
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert ink == "rgb(21, 32, 43)"  # light, whatever the screen is


def test_a_picture_of_the_chart_is_saved(page: Page, devices: Devices) -> None:
    told(devices, room(), {}, {})
    open_room(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as picture").click()
    content = Path(download.value.path()).read_bytes()
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / "room-saved.png").write_bytes(content)
    assert content.startswith(b"\x89PNG")


def test_a_silent_room_says_since_when_how_it_ended_and_what_to_do(page: Page, devices: Devices) -> None:
    device = room()
    info = {
        "schema": 1, "device": "b12", "site": "north", "room": "B12", "version": "0.3.0", "mode": "emotions",
        "interval_seconds": 10, "model": None, "last_exit": "crash or power loss",
    }  # fmt: skip
    devices.say("b12", "info", json.dumps(info), retain=True)
    told(devices, device, {})
    devices.say("b12", "status", "offline", retain=True)
    devices.drain()
    page.get_by_role("link", name="B12").click()
    why = page.locator(".silence")
    expect(why).to_contain_text("Last count: ")
    expect(why).to_contain_text("crash or a power loss")
    expect(why).to_contain_text("sudo emotion-edge doctor")
    assert axe(page, "silent room") == []


def test_a_closed_broker_is_told_from_a_lost_connection(school: School, browser: Browser) -> None:
    with new_page(browser) as page:
        page.goto(school.url)
        page.get_by_label("Broker").fill("ws://127.0.0.1:9")
        page.get_by_label("User name").fill("anyone")
        page.get_by_label("Password").fill("any")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("status")).to_contain_text("Nothing answers at ws://127.0.0.1:9")


def test_a_room_has_nothing_serious_in_any_appearance(page: Page, devices: Devices) -> None:
    device = room()
    told(devices, device, {}, {})
    withheld(devices, device)
    told(devices, device, {})
    open_room(page)
    found = []
    for theme in ("light", "dark"):
        page.get_by_label("Appearance").select_option(theme)
        for every in (True, False):
            page.get_by_label("all seven emotions").set_checked(every)
            page.get_by_role("slider").focus()
            found += axe(page, f"room {theme} {every}")
    assert found == []
