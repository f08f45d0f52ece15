"""A hub that has a lesson of yesterday with a change in it, former ones to compare with, and a room of now."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.conftest import Mosquitto, until
from tests.hub.running import Hub, write_hub_config
from tests.views.published import LENGTH, Device, Sender

PART = 140
"""Records of a former lesson that are there: a little more than half of them, which is enough to compare with."""
BEGIN = datetime.now(UTC).replace(hour=9, minute=5, second=0, microsecond=0) - timedelta(days=1)
CHANGED = BEGIN + timedelta(minutes=20)
END = BEGIN + timedelta(minutes=45)
FORMER, WEEK = 3, 7 * 86_400
"""Lessons of the same period that make something usual; seconds."""
PERIODS = ["07:15-08:00 1", "08:10-08:55 2", "09:05-09:50 3", "10:00-10:45 4: Music"]
TIMETABLE = f"""[[timetables]]
site = "north"
timezone = "UTC"
periods = {[f"mon-sun {each}" for each in PERIODS]}

"""


@contextmanager
def school(folder: Path, *, second_camera: bool = False) -> Iterator[Hub]:
    """A hub that has a lesson of yesterday: 20 people, then 12; halves of former ones; and a record of now.

    A second camera of the room sees nine people in the lesson, and now.
    """
    broker = Mosquitto(folder)
    broker.start()
    config = write_hub_config(folder, broker.port)
    config.write_text(config.read_text().replace("[mqtt]", f"{TIMETABLE}[mqtt]", 1))
    with ExitStack() as end, Hub(config) as hub:
        end.callback(broker.stop)  # also where a test is skipped half-way
        sender = Sender(broker.port)
        device = Device("pi-1", begin=int(BEGIN.timestamp()))
        sender.say(f"{device.root}/status", "online", retain=True)
        begin = device.time
        for weeks in range(FORMER, 0, -1):
            device.time = begin - weeks * WEEK
            for _ in range(PART):
                sender.send(device, device.next(18.0, happy=5.0), late=True)
        device.time = begin
        while device.time < END.timestamp():
            people = 20.0 if device.time < CHANGED.timestamp() else 12.0
            sender.send(device, device.next(people, happy=5.0), late=True)
        now = int(time.time()) // LENGTH * LENGTH - LENGTH
        device.time = now
        sender.send(device, device.next(15.0, happy=5.0))
        if second_camera:
            other = Device("pi-2", begin=int(BEGIN.timestamp()))
            while other.time < END.timestamp():
                sender.send(other, other.next(9.0, happy=2.0), late=True)
            other.time = now
            sender.send(other, other.next(9.0, happy=2.0))
        cameras = 2 if second_camera else 1
        until(lambda: len(hub.records()) == cameras * (45 * 60 // LENGTH + 1))  # of the last days
        end.callback(sender.close)
        yield hub
