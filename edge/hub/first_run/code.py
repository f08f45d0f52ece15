"""The one-time code that the terminal shows and the set-up page asks for."""

import enum
import hmac
import re
import secrets
import threading
import time
from collections.abc import Callable

LIFE_SECONDS = 3600.0
MOST_TRIES = 10
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""None that is taken for another one."""
_GROUPS, _GROUP = 3, 4


def new_code() -> str:
    """Return a code such as 7KQ2-M9XH-4RTZ: 58 bits."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_GROUP)) for _ in range(_GROUPS))


class Verdict(enum.Enum):
    """What became of a try."""

    RIGHT = enum.auto()
    WRONG = enum.auto()
    DEAD = enum.auto()
    """The code was used, is too old, or was guessed at too often; no try is right any more."""


class Code:
    """For any thread."""

    def __init__(self, code: str, now: Callable[[], float] = lambda: time.clock_gettime(time.CLOCK_BOOTTIME)) -> None:
        """Let `code` live from now on; `now` returns the seconds of a clock that nobody sets."""
        self._code = _letters(code)
        self._now = now
        self._dies = now() + LIFE_SECONDS
        self._tries = 0
        self._used = False
        self._lock = threading.Lock()

    @property
    def seconds_left(self) -> float:
        """Seconds until the code dies; 0 where it is dead."""
        dead = self._used or self._tries >= MOST_TRIES
        return 0.0 if dead else max(0.0, self._dies - self._now())

    @property
    def is_over(self) -> bool:
        """Whether it died before anybody used it."""
        with self._lock:  # who uses it now has used it in time
            return self.seconds_left <= 0 and not self._used

    def try_(self, said: str) -> Verdict:
        """Compare what was said; where it is wrong, one of the tries is gone."""
        with self._lock:
            return self._compare(said)

    def use(self, said: str, action: Callable[[], None]) -> Verdict:
        """Do something where the code is right, and let no later try be right.

        Args:
            said: the code, as it was written.
            action: what to do. Where it raises, its error is raised, and the code lives on.

        """
        with self._lock:
            verdict = self._compare(said)
            if verdict is Verdict.RIGHT:
                action()
                self._used = True
            return verdict

    def _compare(self, said: str) -> Verdict:
        if self.seconds_left <= 0:
            return Verdict.DEAD
        if not self._code or not hmac.compare_digest(_letters(said).encode(), self._code.encode()):
            self._tries += 1
            return Verdict.WRONG
        return Verdict.RIGHT


def _letters(text: str) -> str:
    """Return a code without what people write between its groups."""
    return re.sub(r"[\s-]", "", text[: _GROUPS * _GROUP * 4]).upper()
