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

    def try_(self, said: str, *, use: bool) -> Verdict:
        """Compare what was said; `use`: where it is right, no other try is right afterwards."""
        with self._lock:
            if self.seconds_left <= 0:
                return Verdict.DEAD
            if not self._code or not hmac.compare_digest(_letters(said).encode(), self._code.encode()):
                self._tries += 1
                return Verdict.WRONG
            self._used = use
            return Verdict.RIGHT


def _letters(text: str) -> str:
    """Return a code without what people write between its groups."""
    return re.sub(r"[\s-]", "", text[: _GROUPS * _GROUP * 4]).upper()
