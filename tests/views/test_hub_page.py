"""The page that a hub serves, in a real Chromium: what it says is what was published, whatever ended in between."""

import re
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from edge.contract.records import EMOTIONS
from tests.conftest import Mosquitto, Subscriber, data, until
from tests.hub.running import Hub, write_hub_config
from tests.support.daemon import Daemon, write_config
from tests.views.browser import MILLISECONDS, axe, new_page, take_pictures
from tests.views.postgres import Postgres
from tests.views.published import LENGTH, Device, Sender

expect.set_options(timeout=MILLISECONDS)

OUTAGE = 16
"""Seconds of three intervals: a record that has just ended when the broker is back is not late."""
STRETCH = 10
"""Seconds of a row of the page's table."""
MOST_ROWS = 10
"""Rows that are compared, the newest. The table shows 30, so that a slow page may show some that came later."""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with new_page(browser) as one:
        yield one


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of an empty store; SQLite has none. Skips by name where there is no PostgreSQL."""
    if request.param == "sqlite":
        yield ""
        return
    server = Postgres()
    yield f"postgresql://owner@/postgres?host={server.environment['PGHOST']}"
    server.stop()


@pytest.fixture
def queueing(tmp_path: Path) -> Iterator[Mosquitto]:
    """A broker that keeps sessions, though it is killed, and any number of messages for them."""
    kept = f"persistence true\npersistence_location {tmp_path}/\nautosave_interval 1\nautosave_on_changes true"
    mosquitto = Mosquitto(tmp_path, first=f"max_queued_messages 0\n{kept}")
    mosquitto.start()
    yield mosquitto
    mosquitto.stop()


def test_the_page_shows_what_was_published_after_every_interruption(
    url: str, queueing: Mosquitto, page: Page, tmp_path: Path
) -> None:
    """Live, after a reload, after a restart of the hub, and after an outage of the broker, whose records come late."""
    published = Published(queueing.port)
    config = write_config(tmp_path, queueing.port, camera={"source": str(data("video/mosaic12.mp4"))})
    with Hub(write_hub_config(tmp_path, queueing.port, url)) as hub, Daemon(tmp_path, "run", "--config", config):
        page.goto(hub.address)
        expect(page.get_by_role("status")).to_have_text("Connected")
        page.get_by_role("link", name="B12").click()
        page.get_by_text("As a table").click()
        published.wait_for(3)
        published.wait_until_on(page, hub)
        page.reload()
        page.get_by_text("As a table").click()
        published.wait_until_on(page, hub)
        page.evaluate("window.sameDocument = true")

        hub.stop()
        expect(page.get_by_role("status")).to_contain_text("Connection to the hub lost")
        published.wait_for(2)
        hub.start()
        expect(page.get_by_role("status")).to_have_text("Connected")
        published.wait_for(1)
        published.wait_until_on(page, hub)

        queueing.stop()
        expect(page.get_by_role("status")).to_contain_text("no connection to the broker")
        enough = time.monotonic() + OUTAGE  # no one can be asked meanwhile: the device holds its spool alone
        until(lambda: time.monotonic() >= enough)
        queueing.start()
        expect(page.get_by_role("status")).to_have_text("Connected")
        until(lambda: any(record["replayed"] for record in hub.records()))
        published.records = {key(record): record for record in hub.records()} | published.records
        published.wait_until_on(page, hub)
        assert published.are_without_a_hole()
        assert page.evaluate("window.sameDocument")
    published.close()


class Published:
    """What the device published, by a subscriber of its own."""

    def __init__(self, port: int) -> None:
        self._subscriber = Subscriber(port)
        self.records: dict[tuple[str, int], dict[str, Any]] = {}

    def wait_for(self, count: int) -> None:
        """Wait until so many more records have come, and take in all that have: a slow test must not lag behind."""
        while not self._subscriber.messages.empty():
            self._take(*self._subscriber.messages.get())
        for _ in range(count):
            self._take("/counts", self._subscriber.next("/counts"))

    def _take(self, topic: str, payload: Any, *_retained: bool) -> None:
        if topic.endswith(("/counts", "/counts/backfill")):
            self.records[key(payload)] = payload

    def wait_until_on(self, page: Page, hub: Hub) -> None:
        """Wait until every row of the table that these records cover whole shows their average."""
        wrong: dict[float, Any] = {0: "there is no record yet"}

        def are_on() -> bool:
            rows = table(page)
            expected = sorted(averages(list(self.records.values())).items())[-MOST_ROWS:]
            wrong.clear()
            wrong.update(
                {start: (values, rows.get(start)) for start, values in expected if not alike(values, rows.get(start))}
            )
            return bool(expected) and not wrong

        try:
            until(are_on)
        except AssertionError:
            unstored = sorted(self.records.keys() - {key(record) for record in hub.records()})
            pytest.fail(
                f"rows that are not on the page, as published and as shown: {wrong}; all: {sorted(self.records)}; "
                f"not at the hub: {unstored}"
            )

    def are_without_a_hole(self) -> bool:
        """Return whether every number of every start is there."""
        boots = {boot for boot, _seq in self.records}
        numbers = [sorted(seq for each, seq in self.records if each == boot) for boot in boots]
        return all(found == list(range(found[0], found[-1] + 1)) for found in numbers)

    def close(self) -> None:
        self._subscriber.close()


def key(record: dict[str, Any]) -> tuple[str, int]:
    return record["boot"], record["seq"]


def averages(records: list[dict[str, Any]]) -> dict[float, list[float | None]]:
    """Return people, emotions and unsure by the start of each stretch that records cover whole."""
    stretches: dict[float, list[tuple[float, list[float | None]]]] = {}
    for record in records:
        start, end = (datetime.fromisoformat(record[name]).timestamp() for name in ("start", "end"))
        values = [record["faces"]["mean"], *(record["emotions"][name] for name in EMOTIONS), record["unsure"]]
        stretches.setdefault(start // STRETCH * STRETCH, []).append((end - start, values))
    return {
        start: [mean(list(column)) for column in zip(*(values for _seconds, values in parts), strict=True)]
        for start, parts in stretches.items()
        if sum(seconds for seconds, _values in parts) == STRETCH
    }


def mean(values: list[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return sum(told) / len(told) if told else None


def alike(expected: list[float | None], shown: list[float | None] | None) -> bool:
    """Return whether numbers are shown, rounded to tenths."""
    return shown is not None and all(
        said is value if said is None or value is None else abs(value - said) < 0.051
        for value, said in zip(expected, shown, strict=True)
    )


def table(page: Page) -> dict[float, list[float | None]]:
    """Return the rows of the open table by their times; a dash is None."""
    rows = page.evaluate(
        "[...document.querySelectorAll('details tbody tr')].map(row => "
        "[row.querySelector('time').dateTime, [...row.querySelectorAll('td')].map(cell => cell.textContent)])"
    )
    return {
        datetime.fromisoformat(when).timestamp(): [None if cell == "–" else float(cell) for cell in cells[:9]]
        for when, cells in rows
    }


class Lesson:
    """A room whose hour was published before anybody looked: people, a pause, too few people, and silence."""

    def __init__(self, sender: Sender) -> None:
        self.end = int(time.time()) // 60 * 60
        self.device = Device("pi-1", begin=self.end - 3600)
        sender.say(f"{self.device.root}/status", "online", retain=True)
        while self.device.time < self.end:
            minute = (self.device.time - self.end) // 60 + 60
            if 40 <= minute < 44:  # off
                self.device.time += LENGTH
                continue
            sender.send(self.device, self.next(minute))

    def next(self, minute: int) -> dict[str, Any]:
        if 20 <= minute < 30:
            return self.device.next(paused=True)
        return self.device.next(2.0) if 56 <= minute < 58 else self.device.next(12.0, happy=5.0)


def test_a_room_shows_its_lesson_at_once_with_what_was_withheld(
    queueing: Mosquitto, page: Page, tmp_path: Path
) -> None:
    sender = Sender(queueing.port)
    with Hub(write_hub_config(tmp_path, queueing.port)) as hub:
        lesson = Lesson(sender)
        until(lambda: len(hub.records()) == 3600 // LENGTH - 4 * 60 // LENGTH)
        page.goto(f"{hub.address}/#/north/pi-1")
        expect(page.get_by_role("heading", level=1)).to_have_text("B12")
        page.get_by_label("90 min").check()
        gaps = page.locator(".gaps")
        expect(gaps).to_contain_text("paused: 10 min")  # no health says by what
        expect(gaps).to_contain_text("too few people: 2 min")
        expect(gaps).to_contain_text("no records: ")
        page.get_by_text("As a table").click()
        expect(page.locator("details tbody tr", has_text="too few people").first).to_be_visible()
        expect(page.locator("details tbody time").first).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))
        for span in ("24 h", "7 days"):
            page.get_by_label(span, exact=True).check()
            expect(page.locator("details tbody td").first).to_be_visible()
        hour = page.locator("details tbody tr", has=page.locator("td", has_text="12.0")).first
        expect(hour).to_be_visible()  # the average of an hour is not lowered by what is withheld
        page.get_by_label("Language").select_option("de")
        page.get_by_label("90 min").check()
        expect(gaps).to_contain_text("zu wenige Personen: 2 Min.")
        take_pictures(page, "room-history")
        assert axe(page, "room of a hub") == []
        sender.send(lesson.device, lesson.device.next(15.0, happy=5.0))
        expect(page.locator(".big")).to_have_text("Im Durchschnitt 15,0 Personen")
    sender.close()
