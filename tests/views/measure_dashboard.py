"""What the dashboard costs with a school of 500 rooms: `python -m tests.views.measure_dashboard [--json]`.

First paint; the share of a minute in which the main thread is busy while every room sends a record each 10 s, on the
page of all rooms and on a wall of 1920 x 1080; the memory over two hours of such records, sent as fast as the broker
takes them; and how much of the page a browser loads, compressed. Exits with 1 where a bound does not hold.
"""

import gzip
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page

from tests.views.browser import BUNDLE, Devices, School, chromium, log_in

ROOMS = 500
INTERVAL = 10.0
MINUTE = 60.0
RECORDS = 720
"""Of each room: two hours."""
LONGEST_PAINT = 1000.0
MOST_BUSY = 0.2
MOST_GROWTH = 0.1
MOST_BYTES = 250_000


def main() -> int:
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        school = School(Path(folder))
        school.start()
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        log_in(page, school)
        page.wait_for_function("() => document.querySelector('[role=status]').dataset.link === 'connected'")
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
        devices = Devices(school.port)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        memory = measure_memory(session, browser.new_browser_cdp_session(), devices, page)
        busy = {"overview": measure_busy(session, devices)}
        page.set_viewport_size({"width": 1920, "height": 1080})
        page.evaluate("location.hash = '#/wall/north'")
        page.locator(".tile.rest").wait_for()
        busy["wall"] = measure_busy(session, devices)
        devices.close()
        school.stop()
    # The rings are made by each room's first record: growth is measured from the first quarter on.
    growth = memory[-1]["renderer_megabytes"] / memory[0]["renderer_megabytes"] - 1
    figures = {
        "rooms": ROOMS,
        "first_paint_milliseconds": round(paint),
        "main_thread_busy": {view: round(share, 3) for view, share in busy.items()},
        "memory_by_quarter": memory,
        "growth_after_first_quarter": round(growth, 3),
        "compressed_bytes": (size := compressed()),
    }
    print(json.dumps(figures, indent=None if "--json" in sys.argv else 1))
    slow = paint > LONGEST_PAINT or max(busy.values()) > MOST_BUSY
    return int(slow or growth > MOST_GROWTH or size > MOST_BYTES)


def compressed() -> int:
    """Return the bytes of every file of the page, each compressed by itself."""
    return sum(len(gzip.compress(file.read_bytes())) for file in BUNDLE.rglob("*") if file.is_file())


def measure_busy(session: CDPSession, devices: Devices) -> float:
    """Return the main thread's processor time over wall time in a minute of 50 records a second."""
    begun, before = time.monotonic(), busy_seconds(session)
    sent = 0
    while (passed := time.monotonic() - begun) < MINUTE:
        while sent < passed * ROOMS / INTERVAL:
            devices.counts(f"r{sent % ROOMS}", sent % 23, wait=False)
            sent += 1
        time.sleep(0.02)
    return (busy_seconds(session) - before) / (time.monotonic() - begun)


def measure_memory(session: CDPSession, browser: CDPSession, devices: Devices, page: Page) -> list[dict[str, Any]]:
    """Return the memory after each quarter of two hours' records."""
    found = []
    for number in range(RECORDS):
        for room in range(ROOMS):
            last = number == RECORDS - 1 or (number + 1) % (RECORDS // 4) == 0
            devices.counts(
                f"r{room}", (room + number) % 20, ago=(RECORDS - number) * INTERVAL, wait=last and room == ROOMS - 1
            )
        if (number + 1) % 20 == 0:
            devices.drain()
        if (number + 1) % (RECORDS // 4) == 0:
            expected = f"{(room + number) % 20 + 2}.0"
            page.wait_for_function(
                "wanted => { const all = [...document.querySelectorAll('.card')]; all.at(-1).scrollIntoView();"
                " return all.length === 500 && all.at(-1).querySelector('.people').textContent === wanted }",
                arg=expected,
                timeout=120_000,
                polling=500,
            )
            session.send("HeapProfiler.collectGarbage")
            found.append(
                {
                    "heap_megabytes": round(metrics(session)["JSHeapUsedSize"] / 1e6, 1),
                    "renderer_megabytes": round(renderer_megabytes(browser)),
                }
            )
    return found


def metrics(session: CDPSession) -> dict[str, float]:
    return {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}


def busy_seconds(session: CDPSession) -> float:
    """Return processor time: the time of its tasks by the clock would count what other programs of the machine take."""
    return metrics(session)["ThreadTime"]


def renderer_megabytes(browser: CDPSession) -> float:
    """Return the resident memory of the largest renderer process."""
    processes = browser.send("SystemInfo.getProcessInfo")["processInfo"]
    pages = [Path(f"/proc/{each['id']}/statm") for each in processes if each["type"] == "renderer"]
    return max(int(page.read_text().split()[1]) * 4096 / 1e6 for page in pages)


if __name__ == "__main__":
    sys.exit(main())
