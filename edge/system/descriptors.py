"""Open files of this process: a reserve for what must work when the limit is reached, see getrlimit(2)."""

import contextlib
import logging
import os
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from edge.errors import Unavailable

log = logging.getLogger(__name__)

_WANTED = 1024
_FEWEST = 48
"""A publisher has about 20 open, and the reserve."""
_SPARE = 4
_LOOK_SECONDS = 1.0


class Descriptors:
    """Keeps some descriptors in reserve, and gives them up while no other one is free.

    Open it before anything else: the reserve then has the lowest numbers, which stay usable where the limit is lowered.
    """

    def __init__(self, reserve: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Raise the soft limit where it is low, and fill the reserve.

        Raises:
            Unavailable: the limit is too low to work with.

        """
        self._size = reserve
        self._monotonic = monotonic
        self._due = 0.0
        self.is_scarce = False
        """Whether the reserve is given up; new clients must be refused then."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < _WANTED:
            with contextlib.suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (min(_WANTED, hard) if hard >= 0 else _WANTED, hard))
        if limit() < _FEWEST:
            problem = f"this process may open {limit()} files, and needs {_FEWEST}"
            raise Unavailable("RLIMIT_NOFILE", problem, "raise LimitNOFILE= of the unit, or `ulimit -n`, to 256")
        self._reserve = _open(reserve)

    def run_due(self) -> None:
        """Once a second: give up the reserve where no descriptor is free, fill it where there are enough again."""
        if self._monotonic() < self._due:
            return
        self._due = self._monotonic() + _LOOK_SECONDS
        more = _open(_SPARE + self._size - len(self._reserve))
        enough = len(self._reserve) + len(more) == _SPARE + self._size
        if enough:
            self._reserve += more[_SPARE:]
            del more[_SPARE:]
        _close(more)
        if enough and self.is_scarce:
            log.info("there are enough open files again")
        elif not enough and not self.is_scarce:
            log.warning(
                "all %d files that this process may open are in use; new clients are refused, so that records still "
                "leave; find what opens them, or raise LimitNOFILE= of the unit (`ulimit -n`)",
                limit(),
            )
        if not enough:
            self.close()
        self.is_scarce = not enough

    @contextlib.contextmanager
    def lent(self) -> Iterator[None]:
        """Give up the reserve within the block."""
        self.close()
        try:
            yield
        finally:
            self._reserve = _open(self._size)

    def free(self) -> int:
        """Return how many more can be opened, the reserve included."""
        try:
            used = sum(1 for _ in Path("/proc/self/fd").iterdir()) - 1 - len(self._reserve)
        except OSError:
            return 0
        return max(0, limit() - used)

    def close(self) -> None:
        """Give up the reserve."""
        _close(self._reserve)


def limit() -> int:
    """Return how many files this process may open."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft >= 0 else 2**31


def _open(number: int) -> list[int]:
    """Open so many descriptors, or as many as there are."""
    opened: list[int] = []
    with contextlib.suppress(OSError):
        opened.extend(os.open("/dev/null", os.O_RDONLY | os.O_CLOEXEC) for _ in range(number))
    return opened


def _close(descriptors: list[int]) -> None:
    while descriptors:
        os.close(descriptors.pop())
