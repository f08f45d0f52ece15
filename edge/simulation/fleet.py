"""All simulated devices, served by one thread."""

import functools
import heapq
import itertools
import json
import logging
import resource
import selectors
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click

from edge.config import Settings
from edge.errors import Unavailable
from edge.mqtt.credentials import read_secrets
from edge.mqtt.errors import BrokerError
from edge.simulation.device import Device
from edge.simulation.school import School
from edge.simulation.tally import Tally
from edge.system.clock import IntervalClock
from edge.system.once import OnceLogger

log = logging.getLogger(__name__)

_CONNECTS_A_SECOND = 500
_TICK = 1.0
_REPORT_SECONDS = 10.0
_FAREWELL_SECONDS = 5.0
_OTHER_FILES = 100


class Fleet:
    """Connects its devices, lets each publish when it is due, and counts what happens.

    Attributes:
        tally: counters since the start.
        school: the rooms of the devices.
        leaving: whether devices say goodbye and begin nothing new.

    """

    def __init__(self, settings: Settings, devices: int, school: School | None = None) -> None:
        """Prepare `devices` devices of the site, base, broker and interval of `settings`.

        Without `school`, people come and go all day in rooms such as A101.

        Raises:
            ConfigError: a certificate or password file cannot be used.

        """
        self.settings = settings
        self.school = school or School()
        self.secrets = read_secrets(settings.mqtt)
        self.tally = Tally()
        self._selector = selectors.DefaultSelector()
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._order = itertools.count()
        self._watched: dict[Device, selectors.SelectorKey] = {}
        self._failures = OnceLogger(log)
        self.leaving = False
        self._devices = [Device(self, number) for number in range(devices)]

    def run(self, stop: threading.Event, report: Callable[[Tally], None]) -> None:
        """Connect all, publish until `stop` is set, hang up; `report` gets the tally every ten seconds."""
        for number, device in enumerate(self._devices):
            self.again(device, number / _CONNECTS_A_SECOND)
        self._clock = IntervalClock(self.settings.interval_seconds)
        begun = self._begin_interval()
        if self.school.history:
            for device in self._devices:
                device.begin_history(begun)
        self._at(time.monotonic() + _TICK, self._keep_alive)
        self._at(time.monotonic() + _REPORT_SECONDS, lambda: self._report(report))
        while not stop.is_set():
            self._poll_once()
        self.leaving = True
        self._due.clear()
        self._poll_while(lambda: any(device.waiting for device in self._devices))
        for device in self._devices:
            device.leave()
        self._poll_while(lambda: any(device.waiting for device in self._devices))
        for device in self._devices:
            device.close()
        self._poll_while(lambda: self.tally.connected > 0)
        report(self.tally)

    def again(self, device: Device, seconds: float) -> None:
        """Let `device` connect after a while."""

        def connect() -> None:
            if not self.leaving:
                device.connect()

        self._at(time.monotonic() + seconds, connect)

    def watch(self, device: Device, connection: Any, *, write: bool = False) -> None:  # noqa: ANN401 - some socket
        """Serve a connection from now on; `write` while there are bytes to send."""
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if write else 0)
        key = self._watched.get(device)
        if key is None:
            self._watched[device] = self._selector.register(connection, events, device)
        elif key.events != events:
            self._watched[device] = self._selector.modify(connection, events, device)

    def unwatch(self, device: Device) -> None:
        """Stop serving the connection of `device`."""
        key = self._watched.pop(device, None)
        if key is not None:
            self._selector.unregister(key.fileobj)

    def log_once(self, error: BrokerError) -> None:
        """Log a failure once, not for every device."""
        self._failures.warning(error.facts, "%s", error)

    def _poll_once(self) -> None:
        wait = max(0.0, min(_TICK, self._due[0][0] - time.monotonic())) if self._due else _TICK
        for key, mask in self._selector.select(wait):
            key.data.serve(read=bool(mask & selectors.EVENT_READ), write=bool(mask & selectors.EVENT_WRITE))
        now = time.monotonic()
        while self._due and self._due[0][0] <= now:
            heapq.heappop(self._due)[2]()

    def _poll_while(self, unfinished: Callable[[], bool]) -> None:
        until = time.monotonic() + _FAREWELL_SECONDS
        while unfinished() and time.monotonic() < until:
            self._poll_once()

    def _at(self, when: float, do: Callable[[], object]) -> None:
        heapq.heappush(self._due, (when, next(self._order), do))

    def _begin_interval(self) -> int:
        """Prepare the records of the next interval; return its start, seconds since 1970."""
        interval = self._clock.next()
        frames = round(self.settings.interval_seconds * self.settings.camera.frames_per_second)
        for device in self._devices:
            send = functools.partial(device.publish, interval.start, interval.end, frames)
            self._at(interval.deadline + device.delay, send)
        self._at(interval.deadline, self._begin_interval)
        return interval.start

    def _keep_alive(self) -> None:
        for device in self._devices:
            device.serve()
        self._at(time.monotonic() + _TICK, self._keep_alive)

    def _report(self, report: Callable[[Tally], None]) -> None:
        report(self.tally)
        self._at(time.monotonic() + _REPORT_SECONDS, lambda: self._report(report))


def simulate(settings: Settings, devices: int, school: School, stop: threading.Event, *, as_json: bool) -> None:
    """Run a fleet until `stop` is set, and print what happens.

    Raises:
        Unavailable: this process may not open so many connections.

    """
    _allow_files(devices + _OTHER_FILES)
    begun = time.monotonic()

    def report(tally: Tally) -> None:
        if as_json:
            click.echo(json.dumps({"seconds": round(time.monotonic() - begun, 1), **asdict(tally)}))
        else:
            waiting = tally.sent - tally.acknowledged - tally.refused
            click.echo(
                f"{time.monotonic() - begun:6.0f} s  {tally.connected} of {devices} connected, {tally.sent} records, "
                f"{waiting} unacknowledged, {tally.refused} refused, {tally.skipped} not sent without a connection"
            )

    Fleet(settings, devices, school).run(stop, report)


def _allow_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    if hard != resource.RLIM_INFINITY and hard < wanted:
        remedy = f"run `ulimit -n {wanted}` as root first, or simulate fewer devices"
        raise Unavailable("this process", f"may open only {hard} files", remedy)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
