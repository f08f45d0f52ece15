"""`emotion-edge watch`: takes messages as they arrive, shows and exports them."""

import contextlib
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click

from edge.contract.reading import Message, Paused, Place, RefusedMessage, Status, is_taken_back, read
from edge.contract.records import Health, PublishedRecord
from edge.errors import Unavailable
from edge.watch.export import Export
from edge.watch.feed import Feed
from edge.watch.inbox import Seen
from edge.watch.rooms import Rooms, now
from edge.watch.words import attention, clean, health_news, line

_WAIT_SECONDS = 0.25
_DRAW_SECONDS = 0.5
_ONCE_SECONDS = 15.0
_SETTLE_SECONDS = 1.0
"""After the subscriptions: retained status and info have come by then."""


@dataclass
class Watch:
    """State of a run."""

    feed: Feed
    base: str
    exports: list[Export]
    rooms: Rooms = field(default_factory=Rooms)
    seen: Seen = field(default_factory=Seen)
    records: int = 0
    repeats: int = 0
    unreadable: int = 0

    def take(self, say: Callable[[str], None]) -> None:
        """Wait briefly for messages and store them; `say` is called with a line for each."""
        for topic, payload in self.feed.take(_WAIT_SECONDS):
            self._take_one(topic, payload, say)

    def _take_one(self, topic: str, payload: bytes, say: Callable[[str], None]) -> None:
        if is_taken_back(topic, payload):
            self._take_back(topic, say)
            return
        try:
            place, message = read(self.base, topic, payload)
        except RefusedMessage:
            self.unreadable += 1
            return
        if isinstance(message, PublishedRecord):
            if not self.seen.first(message):
                self.repeats += 1
                return
            self.records += 1
            for export in self.exports:
                export.write(message)
        known = self.rooms.devices.get(place)
        words = _as_line(place, message, known.health if known else None)
        self.rooms.update(place, message)
        if words:
            say(words)

    def _take_back(self, topic: str, say: Callable[[str], None]) -> None:
        """Forget a device whose `status` was taken back: it was decommissioned, or has another name now."""
        levels, _slash, leaf = topic.rpartition("/")
        if leaf != "status":
            return
        with contextlib.suppress(RefusedMessage):
            place, _offline = read(self.base, f"{levels}/status", b"offline")
            if self.rooms.remove(place):
                say(f"{clean(place.site)} {clean(place.device)}  removed from the broker")

    def complete(self) -> bool:
        """Whether every device that is online has sent a record, once the retained messages had time to come."""
        heard_at = self.feed.heard_at
        if heard_at is None or time.monotonic() - heard_at < _SETTLE_SECONDS:
            return False
        devices = self.rooms.devices.values()
        return bool(devices) and all(room.record for room in devices if room.online)

    def foot(self) -> list[str]:
        """Return the lines under the table."""
        counted = f"{self.records} records, {self.repeats} repeats dropped"
        counted += f", {self.unreadable} unreadable" if self.unreadable else ""
        counted += f", {self.feed.overflow} not taken in time" if self.feed.overflow else ""
        return [self.feed.state, counted]


def _as_line(place: Place, message: Message, before: Health | None) -> str:
    """Return a message as a line of plain text, of `health` what is new since `before`; empty where that is nothing."""
    who = f"{clean(place.site)} {clean(place.device)}"
    match message:
        case PublishedRecord():
            return line(message)
        case Status():
            return f"{who}  {'online' if message.online else 'offline'}"
        case Paused() if message.paused:
            return f"{who}  paused"
        case Health() if news := health_news(before, message):
            return f"{who}  {news}"
        case _:
            return ""


def watch(run: Watch, stop: threading.Event, seconds: float | None, *, once: bool) -> None:
    """Show and export until `stop` is set or `seconds` have passed; with `once`, one table.

    Raises:
        BrokerError: the time was over and the broker was never reached.
        Unavailable: the same, before the first attempt had ended; rich is missing; an export cannot be written.

    """
    to_stdout = any(export.target == "-" for export in run.exports)
    terminal = sys.stdout.isatty() and not to_stdout
    screen = _Screen(run) if terminal and not once else None
    say = _discard if to_stdout or once or terminal else click.echo
    seconds = _ONCE_SECONDS if once and seconds is None else seconds
    end = None if seconds is None else time.monotonic() + seconds
    run.feed.start(_discard if screen else _say_state)
    try:
        with screen or contextlib.nullcontext():
            while not stop.is_set() and (end is None or time.monotonic() < end) and not (once and run.complete()):
                run.take(say)
                if screen:
                    screen.draw_if_due()
    finally:
        run.feed.close()
    if once:
        _print(run, terminal=terminal, to_stdout=to_stdout)
    if run.unreadable:
        _say_state(f"{run.unreadable} unreadable messages")
    if end is not None and not stop.is_set() and run.feed.heard_at is None:
        raise run.feed.error or Unavailable("watch", "the broker has not answered yet", "allow it more time")


def _discard(_line: str) -> None:
    """Print nothing: the table shows it, or standard output is used by an export."""


def _say_state(words: str) -> None:
    click.echo(f"watch: {words}", err=True)


def _print(run: Watch, *, terminal: bool, to_stdout: bool) -> None:
    if terminal:
        _Screen(run).print()
    elif not to_stdout:
        for room in run.rooms.sorted():
            camera = room.camera()
            state = room.state() + (f", {camera}" if camera not in {"", "running", "paused"} else "")
            state += ", stale" if room.stale(now()) else ""
            what = line(room.record) if room.record else f"{clean(room.place.site)} {clean(room.place.device)}"
            click.echo(f"{what}  [{state}]")
        for trouble in attention(run.rooms.sorted()):
            click.echo(trouble)


def _install_rich() -> str:
    """Return the command that installs rich for the Python that runs this."""
    environment = Path(sys.prefix) / "pyvenv.cfg"
    if environment.is_file() and "include-system-site-packages = true" not in environment.read_text():
        return f"{sys.prefix}/bin/pip install rich"
    return "sudo apt install python3-rich"  # Debian refuses pip outside of an environment, and a service sees this


class _Screen:
    """The live table; rich is loaded here and nowhere else."""

    def __init__(self, run: Watch) -> None:
        try:
            from rich.console import Console  # noqa: PLC0415
            from rich.live import Live  # noqa: PLC0415

            from edge.watch import screen  # noqa: PLC0415
        except ImportError as error:
            remedy = f"{_install_rich()}, or send the output to a file or a pipe"
            raise Unavailable("rich", "is not installed, but is needed for the table", remedy) from error
        self._run = run
        self._parts = screen
        self._drawn = 0.0
        self._console = Console()
        self._live = Live(console=self._console, screen=True, auto_refresh=False)

    def draw_if_due(self) -> None:
        """Redraw the terminal, at most twice a second."""
        if time.monotonic() - self._drawn < _DRAW_SECONDS:
            return
        self._drawn = time.monotonic()
        run = self._run
        whole = self._parts.whole(run.rooms.sorted(), now(), self._console, run.foot(), connected=run.feed.connected)
        self._live.update(whole, refresh=True)

    def print(self) -> None:
        """Print the whole table once."""
        self._console.print(self._parts.table(self._run.rooms.sorted(), now(), self._console))

    def __enter__(self) -> None:
        self._live.start()

    def __exit__(self, *_about: object) -> None:
        self._live.stop()
