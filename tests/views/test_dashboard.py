"""The dashboard in a real Chromium against a real Mosquitto: what it says is what was published."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import SECONDS, Subscriber, data, until
from tests.support.broker_recipe import Client, Site
from tests.support.daemon import Daemon, write_config
from tests.views.browser import (
    BUNDLE,
    DASHBOARD,
    MILLISECONDS,
    PICTURES,
    Devices,
    School,
    axe,
    fill_in,
    log_in,
    new_page,
)
from tests.views.published import health

expect.set_options(timeout=MILLISECONDS)

LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with new_page(browser) as one:
        yield one


def shown(page: Page) -> list[str]:
    """Return people, the seven emotions and unsure as a room's page says them at one moment."""
    big, values = page.evaluate(
        "[document.querySelector('.big').innerText, Object.fromEntries("
        "[...document.querySelectorAll('.mix tr')].map(row => [row.dataset.key, row.querySelector('td').innerText]))]"
    )
    return [big.replace(" people on average", ""), *(values.get(name, "") for name in (*LABELS, "unsure"))]


def said(record: dict[str, Any]) -> list[str]:
    values = [record["faces"]["mean"], *(record["emotions"][name] for name in LABELS), record["unsure"]]
    return [f"{value:.1f}" for value in values]


def test_the_page_shows_the_numbers_that_the_daemon_published(school: School, page: Page, tmp_path: Path) -> None:
    clip = data("video/mosaic12.mp4")
    subscriber = Subscriber(school.port)
    config = write_config(tmp_path, school.port, camera={"source": str(clip)})
    with Daemon(tmp_path, "run", "--config", config):
        log_in(page, school)
        page.get_by_role("link", name="B12").click()
        page.get_by_label("all seven emotions").check()
        for _ in range(3):
            subscriber.next("/counts", is_counted)
            until(partial(shows_one_of, page, subscriber, len(subscriber.seen) - 1))
        take_pictures(page)
    subscriber.close()
    expect(page.locator("section > .head .state")).to_have_text("offline")
    expect(page.locator(".big")).to_have_text("–")


def is_counted(record: dict[str, Any]) -> bool:
    return record["faces"]["mean"] is not None


def shows_one_of(page: Page, subscriber: Subscriber, since: int) -> bool:
    """Return whether the page shows one of the records that have come; a slow browser may miss that it was another."""
    on_page = shown(page)
    while not subscriber.messages.empty():
        subscriber.seen.append(subscriber.messages.get())
    records = [record for topic, record, _retained in subscriber.seen[since:] if topic.endswith("/counts")]
    return on_page in [said(record) for record in records if is_counted(record)]


def take_pictures(page: Page) -> None:
    """Keep what a person would look at: phone, laptop, projector, dark."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, width, height in (("phone", 390, 844), ("laptop", 1280, 800), ("projector", 1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
    page.get_by_label("Appearance").select_option("dark")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.screenshot(path=PICTURES / "dark.png", full_page=True)


def test_a_restarted_broker_is_found_again_without_a_reload(school: School, devices: Devices, page: Page) -> None:
    devices.counts("b2", 4)
    log_in(page, school)
    expect(page.get_by_role("status")).to_have_text("Connected")
    page.evaluate("window.sameDocument = true")
    school.stop()
    expect(page.get_by_role("status")).to_contain_text("lost")
    school.start()
    expect(page.get_by_role("status")).to_have_text("Connected")
    devices.counts("b2", 7)
    expect(page.locator(".card .people")).to_have_text("9.0")
    assert page.evaluate("window.sameDocument")


def test_a_wrong_password_is_told_and_nothing_is_kept(school: School, page: Page) -> None:
    log_in(page, school, password="wrong")
    expect(page.get_by_role("alert")).to_contain_text("refused")
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0


def test_each_login_of_the_broker_recipe_sees_its_site(school: School, browser: Browser, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe"
    recipe.mkdir()
    site = Site(recipe)
    device = Client(site, 8883, device="pi-1")
    device.client.publish("emotion-edge/v1/north/pi-1/status", "online", qos=1, retain=True)
    device.acknowledged.get(timeout=SECONDS)
    for user, seen in (("board-north", "pi-1"), ("board-south", "No device yet")):
        context = browser.new_context(locale="en-GB", ignore_https_errors=True)  # its authority is a private one
        page = context.new_page()
        page.goto(school.url)
        page.get_by_label("Broker").fill(f"wss://localhost:{site.ports[8443]}")
        fill_in(page, user, site.passwords[user])
        expect(page.get_by_role("status")).to_have_text("Connected")
        expect(page.locator("main")).to_contain_text(seen)
        context.close()
    device.close()
    site.broker.stop()


def test_two_pages_with_one_login_say_so(school: School, browser: Browser, tmp_path: Path) -> None:
    """The recipe's broker serves the latest connection of a login, and ends the one before."""
    recipe = tmp_path / "recipe"
    recipe.mkdir()
    site = Site(recipe)
    context = browser.new_context(locale="en-GB", ignore_https_errors=True)
    pages = [context.new_page() for _ in range(2)]
    for page in pages:
        page.goto(school.url)
        page.get_by_label("Broker").fill(f"wss://localhost:{site.ports[8443]}")
        fill_in(page, "board-north", site.passwords["board-north"])
        expect(page.get_by_role("status")).to_have_text("Connected")
    expect(pages[0].get_by_role("status")).to_contain_text("another tab or screen uses this login")
    pages[1].close()
    expect(pages[0].get_by_role("status")).to_have_text("Connected")
    context.close()
    site.broker.stop()


def test_a_reload_keeps_the_session_and_logging_out_ends_it(school: School, page: Page) -> None:
    log_in(page, school)
    expect(page.get_by_role("status")).to_have_text("Connected")
    page.reload()
    expect(page.get_by_role("status")).to_have_text("Connected")
    page.get_by_role("button", name="Log out").click()
    page.reload()
    expect(page.get_by_label("Password")).to_be_visible()
    assert page.evaluate("sessionStorage.length + localStorage.length") == 0


def test_a_small_group_shows_its_protection_and_no_number(school: School, devices: Devices, page: Page) -> None:
    log_in(page, school)
    expect(page.get_by_role("status")).to_have_text("Connected")
    devices.counts("b2", 4)
    expect(page.locator(".card .people")).to_have_text("6.0")
    devices.withheld("b2")
    card = page.locator(".card")
    expect(card).to_contain_text("Too few people")
    expect(card.locator(".people")).to_have_text("–")
    expect(page.locator(".total")).to_have_text("No room publishes a number now")


def test_thin_data_are_shown_as_such(school: School, devices: Devices, page: Page) -> None:
    log_in(page, school)
    expect(page.get_by_role("status")).to_have_text("Connected")
    devices.counts("b2", 4, frames={"analysed": 3, "expected": 20})
    expect(page.locator(".card")).to_contain_text("few pictures: 3 of 20 analysed")


def test_a_room_says_how_many_may_stand_under_a_wrong_emotion(school: School, devices: Devices, page: Page) -> None:
    log_in(page, school)
    expect(page.get_by_role("status")).to_have_text("Connected")
    devices.counts("b2", 4, emotions_error=2.3)
    page.get_by_role("link", name="B2").click()
    expect(page.locator(".uncertainty")).to_contain_text("Up to 2.3 of the 6.0 people may stand under a wrong emotion")
    page.get_by_label("Language").select_option("de")
    expect(page.locator(".uncertainty")).to_contain_text("Bis zu 2,3 der 6,0 Personen")
    devices.counts("b2", 5, emotions_error=None)
    expect(page.locator(".uncertainty")).to_contain_text("ist nicht bekannt")
    devices.withheld("b2")
    expect(page.locator(".uncertainty")).to_be_hidden()


def test_what_a_person_must_act_on_is_on_the_card_and_in_full_in_the_room(
    school: School, devices: Devices, page: Page
) -> None:
    log_in(page, school)
    expect(page.get_by_role("status")).to_have_text("Connected")
    devices.counts("b2", 4)
    devices.say("b2", "health", health("b2"))
    expect(page.locator(".card .people")).to_have_text("6.0")
    expect(page.locator(".card .alert")).to_be_hidden()
    lost = [{"cause": "spool_damaged", "records": 12}, {"cause": "spool_replaced", "records": 30}]
    devices.say("b2", "health", health("b2", lost=lost, refusals_visible=False))
    expect(page.locator(".card .alert")).to_have_text("The device needs attention")
    page.get_by_role("link", name="B2").click()
    expect(page.locator(".alert")).to_contain_text("Records lost on the device since its start: 42.")
    expect(page.locator(".facts")).to_contain_text("this broker does not report them")
    page.get_by_label("Language").select_option("de")
    expect(page.locator(".alert")).to_contain_text("verloren gingen: 42.")


def test_what_a_device_kept_during_an_outage_fills_the_history(school: School, devices: Devices, page: Page) -> None:
    log_in(page, school)
    expect(page.get_by_role("status")).to_have_text("Connected")
    devices.counts("b2", 4)
    page.get_by_role("link", name="B2").click()
    devices.counts("b2", 9, ago=300, replayed=True)
    page.get_by_text("As a table").click()
    late = page.locator("details tbody tr", has_text="11.0")
    expect(late.first).to_be_visible()  # the record may touch two stretches of 10 s
    expect(page.locator(".big")).to_contain_text("6.0")


def test_what_a_broker_says_never_becomes_markup(school: School, devices: Devices, page: Page) -> None:
    log_in(page, school)
    expect(page.get_by_role("status")).to_have_text("Connected")
    devices.counts("b2", 4, room="<img src=x onerror=alert(1)>")
    expect(page.locator(".card a")).to_have_text("<img src=x onerror=alert(1)>")
    devices.say("b3", "counts", json.dumps({"schema": 1, "faces": {"mean": 5}}))
    expect(page.get_by_text("1 message does not have the agreed form")).to_be_visible()
    expect(page.locator(".card")).to_have_count(1)


def test_another_language_and_the_keyboard_alone(school: School, devices: Devices, page: Page) -> None:
    log_in(page, school)
    expect(page.get_by_role("status")).to_have_text("Connected")
    devices.counts("b2", 4)
    devices.counts("b12", 5)
    expect(page.locator(".card a")).to_have_text(["B2", "B12"])
    page.get_by_label("Language").select_option("de")
    expect(page.get_by_role("heading", level=1)).to_have_text("Alle Räume")
    assert page.evaluate("document.documentElement.lang") == "de"
    page.locator("#search").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("B2")
    expect(page.locator("main")).to_be_focused()
    page.get_by_role("button", name="Was die Zahlen bedeuten").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("2024/1689")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_axe_finds_nothing_serious(school: School, devices: Devices, page: Page) -> None:
    page.goto(school.url)
    found = axe(page, "login")
    log_in(page, school)
    expect(page.get_by_role("status")).to_have_text("Connected")
    devices.counts("b2", 4)
    devices.withheld("b3")
    devices.say("b4", "status", "offline")
    devices.say("b2", "health", health("b2", lost=[{"cause": "spool_damaged", "records": 12}], refusals_visible=False))
    for theme in ("light", "dark"):
        page.goto(f"{school.url}#/")
        page.get_by_label("Appearance").select_option(theme)
        expect(page.locator(".card")).to_have_count(3)
        found += axe(page, f"rooms {theme}")
        page.get_by_role("link", name="B2").click()
        page.locator("summary").click()
        expect(page.locator("details tbody tr").first).to_be_visible()
        found += axe(page, f"room {theme}")
    page.get_by_role("button", name="What the numbers mean").click()
    found += axe(page, "help")
    assert found == []


def test_the_shipped_bundle_is_what_its_sources_build(tmp_path: Path) -> None:
    """And is no larger than 250 kB, compressed."""
    npx = shutil.which("npx")
    if not npx or not (DASHBOARD / "node_modules").exists():
        pytest.skip("the dashboard's tools are not installed: npm ci in deploy/dashboard (make test-views)")
    built = tmp_path / "page"
    subprocess.run([npx, "vite", "build", "--outDir", built, "--logLevel", "warn"], cwd=DASHBOARD, check=True)
    names = sorted(file.relative_to(built) for file in built.rglob("*") if file.is_file())
    assert names == sorted(file.relative_to(BUNDLE) for file in BUNDLE.rglob("*") if file.is_file())
    assert all((built / name).read_bytes() == (BUNDLE / name).read_bytes() for name in names)
    packed = subprocess.run(
        ["tar", "--create", "--gzip", "--to-stdout", "."], cwd=built, capture_output=True, check=True
    )
    assert len(packed.stdout) <= 250_000
