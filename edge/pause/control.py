"""Who holds the pause. The camera may be open only while there is no holder."""

import time
from collections.abc import Callable

from edge.config import Pause
from edge.contract.records import PausedBy, PauseOrder
from edge.pause.memory import ButtonMemory, Memory
from edge.pause.schedule import WeeklySchedule


class PauseControl:
    """Three holders: remote, schedule and button. Each can end only its own pause.

    An order through the door sets the remote pause, a press of the button toggles that of the button, the schedule
    follows the clock. Without a configured button, the button holds no pause.
    """

    def __init__(
        self,
        settings: Pause,
        memory: Memory,
        wall: Callable[[], float] = time.time,
        button_memory: ButtonMemory | None = None,
    ) -> None:
        """Begin with the pauses of before.

        Args:
            settings: hours, holidays and pins.
            memory: the pauses as the publisher remembers them.
            wall: seconds since 1970.
            button_memory: this process's own note of the button, which comes before the publisher's.

        """
        self._schedule = WeeklySchedule(settings)
        self._remote = memory.remote
        self._button_memory = button_memory or ButtonMemory()
        noted = self._button_memory.read()
        self._button = settings.button_gpio >= 0 and (memory.button if noted is None else noted)
        if settings.button_gpio >= 0:  # without a button the note stays: a configuration that fails may be given up
            self._button_memory.keep(self._button)
        self._wall = wall

    def order(self, order: PauseOrder) -> None:
        """Take an order from the publisher."""
        self._remote = order.remote

    def press(self) -> None:
        """Toggle the button's pause; the thread of the button calls this."""
        self._button = not self._button
        self._button_memory.keep(self._button)

    def now(self) -> PausedBy:
        """Return which sources pause the camera now."""
        return PausedBy(remote=self._remote, schedule=self._schedule.paused(self._wall()), button=self._button)
