"""The page of a lesson in a real Chromium, with a real hub: what a teacher does, in how many clicks, by keys alone."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.conftest import Mosquitto, until
from tests.hub.running import Hub, write_hub_config
from tests.views.browser import MILLISECONDS, axe, chromium, new_page, take_pictures
from tests.views.published import LENGTH, Device, Sender

expect.set_options(timeout=MILLISECONDS)

MOST_CLICKS = 4
MOST_TABS = 80
BEGIN = datetime.now(UTC).replace(hour=9, minute=5, second=0, microsecond=0) - timedelta(days=1)
CHANGED = BEGIN + timedelta(minutes=20)
END = BEGIN + timedelta(minutes=45)
QUARTILES = {"median": 20.0, "low": 18.0, "high": 22.0}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


def iso(time_: datetime) -> str:
    return time_.strftime("%Y-%m-%dT%H:%M:%SZ")


class Answers:
    """Answers of the routes of lessons, as their reference describes them; all other routes are the hub's own."""

    def __init__(self) -> None:
        self.marks: list[dict[str, Any]] = []

    def answer(self, route: Route) -> None:
        name = route.request.url.split("/api/v1/")[1].split("?")[0]
        if route.request.method == "POST":
            said: dict[str, Any] = route.request.post_data_json or {}
            mark = {"id": len(self.marks) + 1, "by": "anna", "made": iso(datetime.now(UTC)), "mine": True} | said
            self.marks.append(mark)
            route.fulfill(status=201, json=mark)
        elif route.request.method == "DELETE":
            self.marks = [mark for mark in self.marks if name != f"marks/{mark['id']}"]
            route.fulfill(status=204)
        else:
            route.fulfill(json=getattr(self, f"_{name}")(route.request.url))

    def _lessons(self, url: str) -> dict[str, Any]:
        hours = [BEGIN + timedelta(minutes=55 * (number - 3)) for number in range(1, 6)]
        lessons = [
            {"period": str(number), "title": "", "from": iso(at), "to": iso(at + timedelta(minutes=45))}
            for number, at in enumerate(hours, 1)
        ]
        yesterday = f"day={BEGIN:%Y-%m-%d}" in url
        return {"zone": "UTC", "lessons": lessons if yesterday else [], "problem": None}

    def _lesson(self, url: str) -> dict[str, Any]:
        del url
        share = {"code": "share", "group": "smiling", "people": 5.0, "share": 0.25, "error": 3.1, "error_share": 0.15}
        change = {"at": iso(CHANGED), "earliest": iso(CHANGED), "latest": iso(CHANGED), "group": "people"}
        usual = [{"minute": n, "people": QUARTILES, **dict.fromkeys(GROUPS, QUARTILES)} for n in range(45)]
        return {
            "lesson": {"period": "3", "title": ""},
            "other_devices": [],
            "facts": [{"code": "people", "mean": 18.0, "low": 12.0, "high": 20.0, "most": 20}, share],
            "changes": [change | {"before": 20.0, "after": 12.0, "difference": -8.0, "error": 0.6}],
            "marks": self.marks,
            "usual": {"lessons": 5, "minutes": usual},
        }

    def _marks(self, url: str) -> dict[str, Any]:
        del url
        return {"marks": self.marks, "may_mark": True}

    def _heat(self, url: str) -> dict[str, Any]:
        del url
        cell = {"weekday": 0, "hour": 9, "seconds": 3600, "people": 22.1, **dict.fromkeys(GROUPS, 5.0)}
        return {"zone": "UTC", "weeks": 8, "cells": [cell, cell | {"weekday": 3, "hour": 11, "people": None}]}


GROUPS = ("smiling", "neutral", "other", "unsure")


class Hand:
    """A person at the page, who has a mouse or only a keyboard; counts clicks, or what is pressed instead."""

    def __init__(self, page: Page, *, keys: bool) -> None:
        self.page = page
        self.keys = keys
        self.clicks = 0

    def use(self, what: Locator) -> None:
        self.clicks += 1
        expect(what).to_be_visible()
        if not self.keys:
            what.click()
            return
        for _ in range(MOST_TABS):
            if what.evaluate("each => each === document.activeElement"):
                self.page.keyboard.press("Enter")
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"{what} is not reached by the keyboard")


@contextmanager
def school(folder: Path) -> Iterator[tuple[Hub, Sender, Device]]:
    """A hub that has a lesson of yesterday: 20 people, then 12; and a record of now."""
    broker = Mosquitto(folder, first="max_queued_messages 0")
    broker.start()
    with Hub(write_hub_config(folder, broker.port)) as hub:
        sender = Sender(broker.port)
        device = Device("pi-1", begin=int(BEGIN.timestamp()))
        sender.say(f"{device.root}/status", "online", retain=True)
        while device.time < END.timestamp():
            people = 20.0 if device.time < CHANGED.timestamp() else 12.0
            sender.send(device, device.next(people, happy=5.0), late=True)
        device.time = int(time.time()) // LENGTH * LENGTH - LENGTH
        sender.send(device, device.next(15.0, happy=5.0))
        until(lambda: len(hub.records()) == 45 * 60 // LENGTH + 1)
        yield hub, sender, device
        sender.close()
    broker.stop()


@contextmanager
def lesson_page(browser: Browser, hub: Hub) -> Iterator[Page]:
    answers = Answers()
    with new_page(browser) as page:
        for name in ("lessons", "lesson", "marks", "marks/*", "heat"):
            page.route(f"**/api/v1/{name}?*", answers.answer)
        page.add_init_script("window.print = () => { window.printed = true }")
        page.goto(hub.address)
        expect(page.get_by_role("status").first).to_have_text("Connected")
        yield page


def yesterdays_third_period(hand: Hand) -> None:
    """Open it, see when it changed, and print it."""
    page = hand.page
    hand.use(page.get_by_role("link", name="B12"))
    hand.use(page.get_by_role("button", name="Previous day"))
    hand.use(page.get_by_role("button", name="Period 3, 09:05–09:50"))
    expect(page.locator(".summary")).to_contain_text("09:25: all people changed from 20.0 to 12.0 people.")
    end = "09:49–09:50: 12.0 people on average; neutral 7.0; smiling 5.0; other emotions 0.0; unsure 0.0; up to 2.3 of "
    expect(page.get_by_role("slider")).to_have_attribute("aria-valuetext", f"{end}them under a wrong emotion")
    hand.use(page.get_by_role("button", name="Print"))
    assert page.evaluate("window.printed")
    assert hand.clicks <= MOST_CLICKS


def test_yesterdays_third_period_is_found_read_and_printed(browser: Browser, tmp_path: Path) -> None:
    """In four clicks, on a desktop and on a phone, and by the keyboard alone."""
    with school(tmp_path) as (hub, _sender, _device), lesson_page(browser, hub) as page:
        for width, height in ((1280, 800), (390, 844)):
            page.set_viewport_size({"width": width, "height": height})
            for keys in (False, True):
                page.goto(f"{hub.address}/#/")
                yesterdays_third_period(Hand(page, keys=keys))
        take_pictures(page, "lesson")
        for theme in ("light", "dark"):
            page.get_by_label("Appearance").select_option(theme)
            assert axe(page, f"lesson {theme}") == []
        page.reload()  # the address names the lesson
        expect(page.locator(".summary")).to_contain_text("This may be off by 3.1 people.")
        a_mark_is_set_and_deleted(page)
        another_lesson_stands_beside(page)
        page.get_by_text("Hours of the week").click()
        expect(page.locator(".heat tbody td").first).to_have_text("22.1")
        page.get_by_label("Language").select_option("de")
        expect(page.locator(".summary")).to_contain_text("09:25: alle Personen")
        page.go_back()
        expect(page.locator(".lesson")).to_be_hidden()


def a_mark_is_set_and_deleted(page: Page) -> None:
    page.get_by_label("Time of the mark").fill("09:20")
    page.get_by_label("What happened").fill("<b>group work</b> starts")
    page.get_by_role("button", name="Set a mark").click()
    mark = page.locator(".marks li")
    expect(mark).to_contain_text("09:20 <b>group work</b> starts (anna)")
    take_pictures(page, "lesson-marked")
    mark.get_by_role("button").click()
    expect(mark).to_have_count(0)


def another_lesson_stands_beside(page: Page) -> None:
    page.get_by_text("Compare with another lesson").click()
    second = page.locator(".compare")
    second.get_by_role("button", name="Previous day").click()
    second.get_by_role("button", name="Period 3, 09:05–09:50").click()
    expect(page.locator(".second .legend")).to_contain_text("neutral 7.0")
    take_pictures(page, "lesson-compared")
    assert axe(page, "two lessons") == []
    page.get_by_text("Compare with another lesson").click()
    expect(page.locator(".second")).to_be_hidden()
