"""A thread of the hub: where it ends before it is asked to, the hub ends, too."""

import threading
from collections.abc import Callable

from edge.system.worker import Worker


class HubThread(Worker):
    """Runs a function until `closing` is set; `check` then raises what ended it.

    Attributes:
        closing: the function must return soon after this is set.

    """

    def __init__(self, work: Callable[[], None], name: str, on_failure: Callable[[], None]) -> None:
        """Prepare; `on_failure` is called, in the thread, where the function ends before `closing` is set."""
        super().__init__(work, name)
        self.closing = threading.Event()
        self._on_failure = on_failure

    def run(self) -> None:
        """Run the function."""
        super().run()
        if not self.closing.is_set():
            self._on_failure()
