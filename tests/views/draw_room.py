"""Draw the picture of a room for the manuals: `python -m tests.views.draw_room deploy/dashboard/room.png`.

The page, the broker and the browser are real; the lesson is made up.
"""

import math
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.views.browser import MILLISECONDS, Devices, School, chromium, log_in
from tests.views.published import LENGTH, Device

_MINUTES = 40
_CLASS = 23
_ARRIVED = 0.3
"""Share of the lesson after which all are there."""


def seen(share: float) -> dict[str, Any]:
    """Return people and emotions at a share of the lesson."""

    def about(usual: float, swing: float, waves: float) -> float:
        wave = math.sin(2 * math.pi * waves * share) + 0.1 * math.sin(937 * share)
        return round(people / _CLASS * (usual + swing * wave), 1)

    people = min(_CLASS, 6 + round((_CLASS - 6) * share / _ARRIVED))
    emotions = {"happy": (4.5, 2.5, 2), "surprise": (0.8, 0.4, 3), "sad": (1.6, 0.6, 1), "angry": (0.7, 0.3, 2.5)}
    return {"people": float(people), "unsure": about(1, 0.2, 5)} | {k: about(*v) for k, v in emotions.items()}


def main(picture: Path) -> None:
    """Publish the lesson as its device would have, and take the picture."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        school = School(Path(folder))
        school.start()
        devices = Devices(school.port)
        page = browser.new_page(viewport={"width": 1280, "height": 1123})
        log_in(page, school)
        expect(page.get_by_role("status")).to_have_text("Connected", timeout=MILLISECONDS)
        device = Device("b12", begin=int(time.time()) - 60 * _MINUTES)
        begin = device.time
        devices.say("b12", "status", "online", retain=True)
        while device.time + LENGTH <= time.time():
            devices.say("b12", "counts", device.next(**seen((device.time - begin) / (60 * _MINUTES))))
            devices.drain()
        page.get_by_text("B12").first.click()
        expect(page.get_by_text(f"{_CLASS}.0 people on average")).to_be_visible(timeout=MILLISECONDS)
        page.screenshot(path=picture)
        devices.close()
        school.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
