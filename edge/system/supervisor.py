"""`emotion-edge run`: starts both processes, restarts one that ended or hangs, and ends both together."""

import contextlib
import logging
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from edge.errors import EX_CONFIG, EX_RECORDS_LOST, EX_SOFTWARE, EX_UNAVAILABLE, Unavailable
from edge.system.child import Child
from edge.system.descriptors import Descriptors
from edge.system.kept_file import new_file

log = logging.getLogger(__name__)

_RESERVE = 12
"""Descriptors for a start of a child."""
_ORDERLY = {0, -signal.SIGTERM, EX_UNAVAILABLE, EX_CONFIG}
"""Exit codes of a publisher that has nothing in memory: it stored everything, or was only about to start."""
_TURN_SECONDS = 0.2
_STOP_TURN_SECONDS = 0.05
_OBSERVER_STOP_SECONDS = 165.0
"""More than the observer takes to hand over what it holds, see `edge.observer.observer`."""
_PUBLISHER_STOP_SECONDS = 120.0
"""A disk that takes seconds for each write needs it; the broker's last acknowledgement takes at most 3 s."""
HANGS_SECONDS = 45.0
"""At the stop, a publisher that was silent for so long is replaced, so that the observer can hand over its records."""


def run(
    arguments: list[str],
    stop: threading.Event,
    door: str,
    reload: threading.Event | None = None,
    on_loss: Callable[[], None] = lambda: None,
) -> int:
    """Run observer and publisher until `stop` is set; return the exit code.

    The publisher starts when the observer is ready: no device is online whose model or cascade cannot be used. The
    observer ends first, when the publisher has taken over its last record.

    Args:
        arguments: for both (`--config …`).
        stop: set by a signal.
        door: path of the socket between them; empty for one in a temporary folder of its own.
        reload: set when both must read the configuration again.
        on_loss: called after both have ended, where closed records may be lost.

    """
    with contextlib.ExitStack() as resources:
        descriptors = resources.enter_context(contextlib.closing(Descriptors(_RESERVE)))
        folder = resources.enter_context(_folder_for_sockets())
        kept_file = resources.enter_context(_file_for_observer())
        arguments = [*arguments, "--door", door or str(folder / "door.sock")]
        observer = resources.enter_context(
            contextlib.closing(Child("observe", arguments, folder, descriptors, kept_file))
        )
        publisher = resources.enter_context(contextlib.closing(Child("publish", arguments, folder, descriptors)))
        code = _bring_up(observer, publisher, stop)
        if code is None:
            code = _keep_alive(observer, publisher, stop, reload)
        lost = _stop(observer, publisher)
    if lost:
        on_loss()
    return code or (EX_RECORDS_LOST if lost else 0)


def _bring_up(observer: Child, publisher: Child, stop: threading.Event) -> int | None:
    """Start one after the other; return the exit code of the one that cannot start, or None."""
    for child in (observer, publisher):
        child.launch()
        while not child.is_ready:
            if stop.wait(_STOP_TURN_SECONDS):
                return None
            if (code := child.poll()) is not None:
                child.is_hopeless = True
                return code if code >= 0 else EX_SOFTWARE
            if child is publisher and (code := observer.keep_alive()) is not None:
                return code
    return None


def _keep_alive(observer: Child, publisher: Child, stop: threading.Event, reload: threading.Event | None) -> int:
    """Restart what ends or hangs until `stop` is set; return 0, or the exit code that a new start cannot help."""
    while not stop.wait(_TURN_SECONDS):
        reload_now = reload is not None and reload.is_set()
        if reload is not None and reload_now:
            reload.clear()
        for child in (observer, publisher):
            if reload_now:
                child.send(signal.SIGHUP)
            if (code := child.keep_alive()) is not None:
                return code
    return 0


def _stop(observer: Child, publisher: Child) -> bool:
    """End both; return whether closed records may be lost."""
    observer.send(signal.SIGTERM)
    publisher.hasten()
    code = _end_observer(observer, publisher, time.monotonic() + _OBSERVER_STOP_SECONDS)
    # Our own signal ends it like that only before it has counted anything.
    was_killed = code is not None and code < 0 and code != -signal.SIGTERM
    if code is None:
        log.error("observe: did not end when asked; killed, and what it had not handed over is lost")
    elif was_killed:
        log.error("observe: was killed by signal %d while it ended, and what it had not handed over is lost", -code)
    publisher.send(signal.SIGTERM)
    until = time.monotonic() + _PUBLISHER_STOP_SECONDS
    ended = None
    while publisher.runs and (ended := publisher.poll()) is None:
        if time.monotonic() >= until:
            log.error("publish: did not end when asked; killed, and what it had not stored is lost")
            return True
        time.sleep(_STOP_TURN_SECONDS)
    if ended is not None and ended not in _ORDERLY:
        log.error("publish: ended with %d when asked to end, and what it had not stored is lost", ended)
        return True
    return code is None or was_killed or code == EX_RECORDS_LOST


def _end_observer(observer: Child, publisher: Child, until: float) -> int | None:
    """Keep a publisher there until the observer has ended; return its exit code, None where it did not end."""
    hurried = False
    while observer.runs:
        if (code := observer.poll()) is not None:
            return code
        if time.monotonic() >= until:
            return None
        if observer.is_handing_over and publisher.is_hopeless:
            if not hurried:  # one more would meet an interpreter that ends, and kill it
                observer.send(signal.SIGTERM)
            hurried = True
        elif observer.is_handing_over:
            if publisher.is_ready and publisher.silent_seconds > HANGS_SECONDS:
                log.error("publish: hangs, so the observer cannot hand over its records; killed")
                publisher.send(signal.SIGKILL)
            publisher.keep_alive()
        time.sleep(_STOP_TURN_SECONDS)
    return 0


@contextlib.contextmanager
def _folder_for_sockets() -> Iterator[Path]:
    """Make a folder that only this user can enter.

    Raises:
        Unavailable: there is no room for one anywhere.

    """
    for place in (None, "/dev/shm", "/run"):  # noqa: S108 - the name is random, and no other user can enter it
        try:
            folder = tempfile.TemporaryDirectory(prefix="emotion-edge-", dir=place)
        except OSError:
            continue
        with folder as name:
            yield Path(name)
        return
    problem, remedy = "cannot be made in any place", "make room (df, df -i), or set TMPDIR to another place"
    raise Unavailable("folder for sockets", problem, remedy)


@contextlib.contextmanager
def _file_for_observer() -> Iterator[int | None]:
    """Open a file that each start of the observer gets, and only it; None where the kernel has none to give."""
    try:
        file = new_file()
    except OSError:
        yield None
        return
    try:
        yield file
    finally:
        os.close(file)
