"""Shows the operator each device that waits, and takes y or n for it."""

import threading
from collections.abc import Callable

from edge.card.codes import Codes, Enrolment, Step
from edge.card.plan import fingerprint
from edge.errors import EdgeError

_LOOK_SECONDS = 1.0


def describe(one: Enrolment) -> str:
    """Return a line about a device that waits."""
    asked = one.request
    if asked is None:
        return f"{one.host}, room {one.room}, site {one.site}: its card was written, and no device has shown its code"
    keys = ", ".join(_of(key) for key in asked.host_keys) or "no ssh host key"
    return f"{one.host}, room {one.room}, site {one.site}: {asked.address}, {asked.system} {asked.machine}, {keys}"


def _of(host_key: str) -> str:
    return f"{host_key.split(maxsplit=1)[0]} {fingerprint(host_key)}"


class Approver(threading.Thread):
    """Asks for each device in turn, until `stop`; where nobody answers, it shows the devices alone."""

    def __init__(self, codes: Codes, say: Callable[[str], None], answer: Callable[[str], str] | None) -> None:
        """Look into `codes`; `say` shows a line, `answer` asks and returns what was typed (None: nobody types)."""
        super().__init__(daemon=True, name="approver")
        self._codes = codes
        self._say = say
        self._answer = answer
        self._stopped = threading.Event()
        self._shown: set[tuple[str, str]] = set()

    def stop(self) -> None:
        """Ask for no other device."""
        self._stopped.set()

    def run(self) -> None:
        """Look every second."""
        while not self._stopped.wait(_LOOK_SECONDS):
            try:
                self.look()
            except EdgeError as error:
                self._say(str(error))
            except (EOFError, OSError):  # the terminal is gone
                self._answer = None

    def look(self) -> None:
        """Show, and ask for, what waits and was not shown before."""
        for one in self._codes.all():
            name = (one.digest, one.step)
            if one.step is not Step.ASKED or name in self._shown:
                continue
            self._shown.add(name)
            self._say(describe(one))
            if self._answer is None:
                self._say(f"approve it from another terminal: emotion-edge enrol --approve {one.host}")
                continue
            said = self._answer(f"approve {one.host}? [y/n] ").strip().lower()
            if self._is_waiting(one):  # not decided in another terminal meanwhile
                self._decide(one, said)

    def _is_waiting(self, one: Enrolment) -> bool:
        return any(other.digest == one.digest and other.step is Step.ASKED for other in self._codes.all())

    def _decide(self, one: Enrolment, said: str) -> None:
        if said in {"y", "n"}:
            self._codes.decide(one.host, approve=said == "y")
            self._say(f"{one.host}: {'approved' if said == 'y' else 'denied; its card is good for nothing now'}")
        else:
            self._say(f"{one.host} waits; later: emotion-edge enrol --approve {one.host}, or --deny {one.host}")
