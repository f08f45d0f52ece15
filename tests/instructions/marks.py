"""Marks in the run of a program whose instructions are counted; it runs in the guest, and needs nothing but Python."""

import contextlib
import ctypes
import os
from collections.abc import Callable, Iterator
from functools import partial

_MARK = 57566
"""The system call that `count.c` waits for; Linux has none of this number."""


class Marks:
    """Marks beginnings and ends of what is counted: mark 2n begins, 2n + 1 ends what has place n in `names`.

    `COUNTED_BY` of the environment is the library of `valgrind_mark.c`, or empty where QEMU counts.
    """

    def __init__(self) -> None:
        library = os.environ.get("COUNTED_BY")
        call = ctypes.CDLL(library or None)
        self._tell: Callable[[int], object] = call.emotion_edge_mark if library else partial(call.syscall, _MARK)
        self.names: list[str] = []

    def since_start(self, name: str) -> None:
        """Count what has passed since the process began."""
        self._tell(2 * len(self.names) + 1)
        self.names.append(name)

    @contextlib.contextmanager
    def counting(self, name: str) -> Iterator[None]:
        """Count what the body does."""
        number = 2 * len(self.names)
        self.names.append(name)
        self._tell(number)
        yield
        self._tell(number + 1)
