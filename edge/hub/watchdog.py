"""The hub as its service manager sees it: ready, alive, and a line of status."""

import time
from collections.abc import Callable

from edge.hub.broker.ingest import State
from edge.system.service import Service


class Watchdog:
    """Feeds the watchdog where HTTP and ingestion both work; a broker that is down is healthy."""

    def __init__(
        self,
        state: Callable[[], State],
        service: Service,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare.

        Args:
            state: returns the state of the ingestion.
            service: the service manager.
            monotonic: seconds, as in `State.due`.

        """
        self._state = state
        self._service = service
        self._monotonic = monotonic

    def ready(self) -> None:
        """Notify that the hub listens."""
        self._service.ready()

    def turn(self) -> None:
        """Notify that the HTTP server works, and the ingestion too; call it in each turn of the server's loop."""
        state = self._state()
        if self._monotonic() > state.due:
            return
        self._service.alive()
        self._service.status(status(state))


def status(state: State) -> str:
    """Return the line that `systemctl status` shows."""
    broker = "broker ok" if state.connected else "no broker"
    return f"{broker}, {state.stored} records stored" + (f"; {state.problem}" if state.problem else "")
