"""A thread whose end does not go unnoticed."""

import threading
from collections.abc import Callable


class Worker(threading.Thread):
    """Runs a function; what it raised is raised again by `check`, in the thread that asks.

    Attributes:
        failure: what ended the function; None where nothing did.

    """

    def __init__(self, work: Callable[[], None], name: str) -> None:
        super().__init__(target=work, name=name, daemon=True)
        self.failure: Exception | None = None

    def run(self) -> None:
        """Run the function."""
        try:
            super().run()
        except Exception as error:  # noqa: BLE001 - whatever it is, the owner has to know
            self.failure = error

    def check(self) -> None:
        """Raise what ended the function."""
        if self.failure is not None:
            raise self.failure
