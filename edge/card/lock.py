"""One process at a time: `card` and `enrol` run beside each other."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from edge.errors import ConfigError


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock `path`, a file that is made where it is missing; wait for another process that holds it.

    Raises:
        ConfigError: it cannot be made or opened.

    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(path.parent, f"cannot be used ({error.strerror})", "use sudo for card and enrol") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
