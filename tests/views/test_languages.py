"""The page in each of its languages, in a real Chromium on a phone: all of it is translated, and fits."""

import gzip
import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.hub.lan import hub_command
from tests.hub.people import PASSWORD
from tests.views.browser import BUNDLE, MILLISECONDS, PICTURES, School, fill_in, new_page
from tests.views.lesson_hub import BEGIN, END
from tests.views.lesson_hub import school as lesson_school

expect.set_options(timeout=MILLISECONDS)

LANGUAGES = sorted(file.stem for file in (BUNDLE / "locales").glob("*.json"))
PHONE: ViewportSize = {"width": 360, "height": 740}
MOST_BYTES = 250_000
NAMES = {"emotion-edge", "MQTT", "CSV", "EU", "B12", "north", "pi-1", "ada", "Music", "UTC", "MB", "Home", "End"} | {
    "alerts.urls_file",
    "sudo",
    "doctor",
}
"""Names of products, rooms, people, units, keys, settings and commands, which are the same in every language."""
LATIN = re.compile(r"[A-Za-z][\w.-]*\w")
SHOWN = """() => {
    const found = [];
    const foreign = node => node.closest("[lang]") !== document.documentElement;
    for (const each of document.querySelectorAll("body, body *")) {
        if (!each.checkVisibility() || foreign(each)) continue;
        for (const part of each.childNodes) if (part.nodeType === Node.TEXT_NODE) found.push(part.data);
        const names = ["aria-label", "aria-valuetext", "placeholder", "title"];
        found.push(...names.map(name => each.getAttribute(name) ?? ""));
    }
    return found.filter(each => each.trim());
}"""
"""All texts that somebody sees or hears, but those that are marked as of another language."""
TOO_WIDE = """() => [...document.querySelectorAll("body *")].filter(each => {
    if (!each.checkVisibility() || each.closest(".unseen, .skip")) return false;
    for (let place = each; place !== document.body; place = place.parentElement) {
        if (["auto", "scroll"].includes(getComputedStyle(place).overflowX)) return false;
    }
    const { left, right } = each.getBoundingClientRect();
    const cut = getComputedStyle(each).display !== "inline" && each.scrollWidth > each.clientWidth + 1;
    return right > innerWidth + 1 || left < -1 || cut;
}).map(each => each.outerHTML.slice(0, 200))"""
"""What is wider than the screen or than its place."""


def text(language: str, key: str) -> str:
    return str(json.loads((BUNDLE / "locales" / f"{language}.json").read_text())[key])


def speak(page: Page, language: str) -> None:
    page.locator("header select").first.select_option(language)
    expect(page.locator("html")).to_have_attribute("lang", language)


def in_each_language(page: Page, where: str, ready: str, button: str = "") -> None:
    """Look at what is shown in each language, once `ready` is there; a `button` of the head leads to it."""
    for language in LANGUAGES:
        speak(page, language)
        if button:
            page.get_by_role("button", name=text(language, button), exact=True).click()
        expect(page.locator(ready).first).to_be_visible()
        page.evaluate("for (const each of document.querySelectorAll('main details')) each.open = true")
        page.screenshot(path=PICTURES / f"{language}-{where}.png", full_page=True)
        shown = page.evaluate(SHOWN)
        assert not [each for each in shown if re.search(r"[{}]|undefined|NaN", each)], (language, where)
        assert page.evaluate(TOO_WIDE) == [], (language, where)
        if button:
            page.keyboard.press("Escape")
        if language == "hi":  # what is not in its letters was not translated, wherever it comes from
            words = {word for each in shown for word in LATIN.findall(each)}
            assert words <= NAMES, where


def test_every_page_is_translated_and_fits_on_a_phone(browser: Browser, tmp_path: Path) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    with lesson_school(tmp_path) as hub, new_page(browser) as page:
        added = hub_command("accounts", "add", "--config", hub.config, "--role", "admin", "ada", said=f"{PASSWORD}\n")
        assert added.returncode == 0, added.stderr
        page.set_viewport_size(PHONE)
        page.goto(hub.address)
        in_each_language(page, "login", "form.login")
        speak(page, "en")
        fill_in(page, "ada", PASSWORD)
        in_each_language(page, "rooms", ".card .people")
        in_each_language(page, "help", "dialog[open] p", "help")
        in_each_language(page, "password", "dialog[open] form", "password_change")
        page.goto(f"{hub.address}/#/alerts")
        in_each_language(page, "alerts", ".alertview li")
        page.goto(f"{hub.address}/#/north/pi-1")
        in_each_language(page, "room", ".room .big")
        page.goto(f"{hub.address}/#/north/pi-1/{BEGIN:%Y-%m-%dT%H:%MZ}/{END:%Y-%m-%dT%H:%MZ}")
        in_each_language(page, "lesson", ".summary li")


@pytest.mark.parametrize(("locale", "spoken"), [("es-MX", "es"), ("hi-IN", "hi"), ("it-IT", "en")])
def test_the_browsers_language_is_the_first_and_a_choice_is_kept(
    browser: Browser, school: School, locale: str, spoken: str
) -> None:
    """Also of a region; a language that the page has not got is English."""
    with new_page(browser, locale=locale) as page:
        page.goto(school.url)
        expect(page.get_by_role("heading", name=text(spoken, "login"))).to_be_visible()
        speak(page, "fr")
        page.reload()
        expect(page.get_by_role("heading", name=text("fr", "login"))).to_be_visible()


def test_a_language_that_cannot_be_read_is_named_and_the_page_goes_on(browser: Browser, school: School) -> None:
    with new_page(browser) as page:
        page.goto(school.url)
        page.route("**/locales/de.json", lambda route: route.abort())
        page.locator("header select").first.select_option("de")
        expect(page.get_by_role("status")).to_contain_text("de.json")
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        assert page.locator("header select").first.input_value() == "en"


@pytest.mark.parametrize("file", ["locales/en.json", "config.json"])
def test_a_page_that_lacks_a_file_at_first_names_it_and_tries_again(
    browser: Browser, school: School, file: str
) -> None:
    """As while a hub starts, or in a slow network; nobody is at a screen on a wall to load it again."""
    with new_page(browser) as page:
        page.route(f"**/{file}", lambda route: route.abort())
        page.goto(school.url)
        expect(page.get_by_role("alert")).to_contain_text(file)
        page.unroute(f"**/{file}")
        expect(page.get_by_role("heading", name="Log in")).to_be_visible()
        expect(page.get_by_text(file)).to_have_count(0)


def test_what_a_reader_loads_is_small(browser: Browser, school: School) -> None:
    """All of it together, compressed, in the language that takes most: a Pi and a busy network carry it."""
    for language in LANGUAGES:
        with new_page(browser, locale=language) as page:
            page.goto(school.url)
            expect(page.get_by_role("heading", name=text(language, "login"))).to_be_visible()
            paths = page.evaluate("performance.getEntries().map(each => each.name)")
            files = {BUNDLE / urlsplit(path).path.lstrip("/") for path in paths}
            assert {file.name for file in files if file.parent.name == "locales"} == {f"{language}.json"}
            size = sum(len(gzip.compress(file.read_bytes())) for file in files if file.is_file())
            print(f"{language}: {size} bytes")
            assert size <= MOST_BYTES
