"""Calendars of lessons (iCalendar, RFC 5545), from files and addresses; the last good copy of each is kept."""

import hashlib
import http.client
import logging
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from edge.errors import EdgeError
from edge.hub.errors import CalendarUnusable
from edge.hub.lesson.events import Events, read_events
from edge.hub.settings import HubSettings
from edge.hub.thread import HubThread
from edge.system.backoff import Backoff
from edge.system.once import OnceLogger
from edge.system.state_file import replace

log = logging.getLogger(__name__)

LARGEST = 4 * 1024 * 1024
"""Bytes of a calendar."""
_TIMEOUT_SECONDS = 10.0
"""Of one step of the connection."""
_WHOLE_SECONDS = 60.0
_FETCH_SECONDS = 3600.0
_READ_SECONDS = 60.0
"""A file is looked at so often."""
_RETRY_CAP_SECONDS = 3600.0
_TURN_SECONDS = 5.0
_CHUNK = 65_536


class Loaded(NamedTuple):
    """What is known of a calendar now.

    Attributes:
        last_good: None: it has never been read.
        problem: what is wrong with it now; empty: nothing.

    """

    last_good: Events | None
    problem: str

    def events(self, day: date, zone: ZoneInfo, room: str) -> list[tuple[int, int, str, str]]:
        """Return begin, end, period and title of the lessons of a day; of a room, or of all for an empty one."""
        return [] if self.last_good is None else self.last_good.of_day(day, zone, room)


class Calendars:
    """Reads all calendars again and again in a thread of its own, until `close`; `get` is for any thread."""

    def __init__(self, addresses: Iterable[str], folder: Path, on_failure: Callable[[], None] = lambda: None) -> None:
        """Prepare; `folder` is for the copies, `on_failure` is called where the thread ends before `close`."""
        self._sources = {address: _Source(address, folder) for address in addresses if address}
        self._worker = HubThread(self._work, "calendars", on_failure)

    def start(self) -> None:
        """Take the copies, and begin to read."""
        for source in self._sources.values():
            source.take_copy()
        if self._sources:
            self._worker.start()

    def read_once(self) -> None:
        """Read all of them now, in this thread, instead of `start`."""
        for source in self._sources.values():
            source.take_copy()
            source.read_if_due()

    def close(self) -> None:
        """End."""
        self._worker.closing.set()

    def check(self) -> None:
        """Raise what ended the thread, if anything did."""
        self._worker.check()

    def get(self, address: str) -> Loaded:
        """Return what is known of a calendar."""
        return self._sources[address].loaded

    def _work(self) -> None:
        while not self._worker.closing.is_set():
            for source in self._sources.values():
                if self._worker.closing.is_set():
                    return
                source.read_if_due()
            self._worker.closing.wait(_TURN_SECONDS)


class _Source:
    """One calendar."""

    def __init__(self, address: str, folder: Path) -> None:
        self.loaded = Loaded(None, "has not been read yet")
        self._address = address
        self._name = name_of(address)
        self._remote = "://" in address
        self._copy = folder / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.ics"
        self._due = 0.0
        self._backoff = Backoff(_RETRY_CAP_SECONDS)
        self._failures = OnceLogger(log)
        self._text = ""

    def take_copy(self) -> None:
        """Use the last good copy until the calendar was read."""
        try:
            text = self._copy.read_text(encoding="utf-8")
            self.loaded = Loaded(read_events(text, self._name), "")
        except (OSError, UnicodeDecodeError, EdgeError):
            return  # there is none; what is wrong with the calendar itself is said when it is read

    def read_if_due(self) -> None:
        """Read the calendar where it is time to."""
        if time.monotonic() < self._due:
            return
        try:
            text, events = load(self._address)
            if text != self._text:  # what was expanded of the same text is kept
                self.loaded = Loaded(events, _left_out(events, self._name))
                self._keep(text)
                self._text = text
            elif self.loaded.last_good is not None:
                self.loaded = Loaded(self.loaded.last_good, _left_out(self.loaded.last_good, self._name))
            self._backoff.reset()
            self._failures.forget()
            # Not all hubs of a town in the same second.
            wait = _FETCH_SECONDS + self._backoff.next() if self._remote else _READ_SECONDS
            self._backoff.reset()
        except CalendarUnusable as error:
            self.loaded = Loaded(self.loaded.last_good, str(error))
            self._failures.warning(error.facts, "%s; the last good copy is used until then", str(error))
            wait = self._backoff.next() if self._remote else _READ_SECONDS
        self._due = time.monotonic() + wait

    def _keep(self, text: str) -> None:
        try:
            self._copy.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            replace(self._copy, text)
        except OSError as error:
            log.warning("%s: cannot be written (%s); after a restart %s is read anew", self._copy, error, self._name)


def calendars_of(settings: HubSettings, on_failure: Callable[[], None] = lambda: None) -> Calendars:
    """Return the calendars of a hub's timetables; copies are kept beside the history."""
    return Calendars((each.calendar for each in settings.timetables), settings.directory / "calendars", on_failure)


def problems_of(addresses: Iterable[str]) -> list[str]:
    """Read calendars once, keep nothing, and return what is wrong with them."""
    problems = []
    for address in sorted({each for each in addresses if each}):
        try:
            _text, events = load(address)
            problems.append(_left_out(events, name_of(address)))
        except CalendarUnusable as error:
            problems.append(str(error))
    return [each for each in problems if each]


def _left_out(events: Events, name: str) -> str:
    """Return what is wrong with single events; empty: nothing."""
    if not events.left_out:
        return ""
    return f"{name}: {events.left_out} events cannot be read and are left out; correct their times where they are made"


def load(address: str) -> tuple[str, Events]:
    """Return the text and the events of a calendar.

    Raises:
        CalendarUnusable: it cannot be read now, or is none.

    """
    name = name_of(address)
    text = _decoded(_fetch(address, name) if "://" in address else _read(address), name)
    return text, read_events(text, name)


def name_of(address: str) -> str:
    """Return what messages call a calendar: the rest of an address may be a secret."""
    return f"the calendar at {urlsplit(address).hostname}" if "://" in address else address


def _decoded(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CalendarUnusable(name, "is not UTF-8", "export it as an iCalendar file (.ics) again") from error


def _read(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        remedy = "let the hub's user read it, or correct {}"
        raise CalendarUnusable(path, f"cannot be read ({error.strerror})", remedy, "timetables.calendar") from error
    return _bounded(data, path)


def _bounded(data: bytes, name: str) -> bytes:
    if len(data) > LARGEST:
        problem = f"has more than {LARGEST // 1024 // 1024} MiB"
        raise CalendarUnusable(name, problem, "export only the lessons of this school year")
    return data


def _fetch(address: str, name: str) -> bytes:
    """Return what an address holds; HTTP and HTTPS only, also after a redirection."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor,
        urllib.request.UnknownHandler,
    ):
        opener.add_handler(handler())
    try:
        with opener.open(address, timeout=_TIMEOUT_SECONDS) as answer:
            return _all_of(answer, name)
    except urllib.error.HTTPError as error:
        problem = f"answers {error.code}"  # its words may hold a secret address, or anything else
    except urllib.error.URLError as error:
        problem = f"cannot be reached ({error.reason})"
    except (OSError, ValueError, http.client.HTTPException) as error:
        problem = f"cannot be read ({type(error).__name__})"
    raise CalendarUnusable(name, problem, "open its address in a browser; correct {}", "timetables.calendar")


def _all_of(answer: Any, name: str) -> bytes:  # noqa: ANN401 - an answer of urllib
    end = time.monotonic() + _WHOLE_SECONDS
    data = b""
    while chunk := answer.read1(_CHUNK):
        data = _bounded(data + chunk, name)
        if time.monotonic() > end:
            raise CalendarUnusable(name, f"takes longer than {_WHOLE_SECONDS:.0f} s", "ask who runs that server")
    return data
