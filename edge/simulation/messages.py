"""All that one simulated device publishes: its records live and late, and what it says about itself."""

import time
from collections.abc import Iterator

from edge.config import Settings
from edge.contract.topics import Topics
from edge.mqtt.events import Message
from edge.simulation.records import Records, history
from edge.simulation.reports import Reports
from edge.simulation.school import School, Trouble


class Messages:
    """Makes the messages of the device of a number, whose id and room `settings` already hold."""

    def __init__(self, settings: Settings, school: School, number: int) -> None:
        self._settings = settings
        self._school, self._number = school, number
        self.topics = Topics(settings, settings.device.id)
        self._records = Records(settings, school, number)
        self._reports = Reports(settings, self.topics)
        self._history: Iterator[tuple[int, str, bool]] = iter(())
        self._paused = False

    def begin_history(self, until: int) -> None:
        """Take up the records of the time before the first live one, which begins at `until`, seconds since 1970."""
        self._history = history(self._settings, self._school, self._number, until)

    def is_off(self, moment: float) -> bool:
        """Whether the device is switched off at a moment, seconds since 1970."""
        return self._trouble(moment) == "off"

    def skip(self) -> None:
        """Leave out the number of a record that cannot be published."""
        self._records.skip()

    def arrival(self) -> list[Message]:
        """Return what the device publishes once it is connected."""
        return self._reports.arrival(self._trouble(time.time()))

    def live(self, start: int, end: int, frames: int) -> tuple[Message, list[Message]]:
        """Return the record of an interval in which `frames` frames were analysed, and health where it is due."""
        record = Message(self.topics.counts, self._records.next(start, end, frames, self._trouble(start)))
        return record, self._reports.health(end, self._trouble(start))

    def pause(self, on: bool) -> list[Message]:  # noqa: FBT001 - a switch
        """Pause or resume by order; return what the device then says of itself."""
        self._paused = on
        now = time.time()
        return self._reports.switched(int(now), self._trouble(now), ordered=on)

    def late(self) -> tuple[Message, list[Message]] | None:
        """Return the next record of the history, and today's health where it is due; None: there is no more."""
        found = next(self._history, None)
        if found is None:
            return None
        ended, text, today = found
        trouble = self._school.trouble(self._number, ended - 1)
        # The days before come last, and health that came last would be taken for how the device is now.
        return Message(self.topics.backfill, text), self._reports.change(ended, trouble) if today else []

    def farewell(self) -> list[Message]:
        """Return what takes everything back that the broker keeps."""
        return self._reports.farewell()

    def _trouble(self, moment: float) -> Trouble | None:
        trouble = self._school.trouble(self._number, moment)
        return "paused" if self._paused and trouble != "off" else trouble
