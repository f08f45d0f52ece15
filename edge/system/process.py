"""The end of a process: with its parent, or by a signal."""

import ctypes
import signal
import threading

_PR_SET_PDEATHSIG = 1


def die_with_parent(with_signal: signal.Signals) -> None:
    """Let the kernel send this process a signal when its parent ends in any way; see prctl(2)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(with_signal))


def stop_on_signal() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set, so that loops end in order."""
    return event_at(signal.SIGTERM, signal.SIGINT)


def event_at(*signals: signal.Signals) -> threading.Event:
    """Return an event that each of `signals` sets."""
    event = threading.Event()
    for number in signals:
        signal.signal(number, lambda *_: event.set())
    return event
