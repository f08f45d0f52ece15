"""The hub's second broker login: it sends pause orders to devices, and hears whether they are paused."""

import contextlib
import itertools
import logging
import queue
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass, field

from edge.config import Mqtt
from edge.contract.reading import Paused, Place, RefusedMessage, read
from edge.errors import EdgeError, Unavailable
from edge.hub.errors import HubBusy
from edge.hub.settings import HubSettings
from edge.mqtt.client import Connector, Login
from edge.mqtt.connection import Connection
from edge.mqtt.credentials import read_secrets
from edge.mqtt.errors import BrokerError, DeviceFault
from edge.mqtt.events import ConnectionEvent, Incoming, Message, Published
from edge.system.backoff import Backoff
from edge.system.once import OnceLogger
from edge.system.worker import Worker

log = logging.getLogger(__name__)

_ANSWER_SECONDS = 10.0
_POLL_SECONDS = 1.0
_MOST_WAITING = 100


class NobodyListens(Unavailable):
    """The device is not connected to the broker, so that an order would be lost."""


@dataclass
class _Order:
    place: Place
    paused: bool
    heard: Future[bool] = field(default_factory=Future)


class Switch:
    """Runs in a thread of its own until `close`; `send` and `paused` are for any other thread."""

    def __init__(self, settings: HubSettings) -> None:
        """Prepare.

        Raises:
            ConfigError: the password file of `commands` cannot be used.

        """
        login = login_of(settings)
        self._connector = Connector(Login(login, read_secrets(login), f"{settings.client_id}-commands"))
        self._base = login.base
        self._topic = f"{login.base}/{settings.site or '+'}/+/pause"
        self._most = settings.store.max_devices
        self._orders: queue.Queue[_Order] = queue.Queue(_MOST_WAITING)
        self._paused: dict[Place, bool] = {}
        self._problem: EdgeError | None = Unavailable("the broker", "is not connected yet", "try again in a minute")
        self._wake, self._waker = socket.socketpair()
        self._failures = OnceLogger(log)
        self._stop = threading.Event()
        self._worker = Worker(self._run, "commands")
        for end in (self._wake, self._waker):
            end.setblocking(False)

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._worker.start()

    def close(self) -> None:
        """Disconnect; orders that wait fail."""
        self._stop.set()
        self._ring()
        self._worker.join(_ANSWER_SECONDS)

    def paused(self, place: Place) -> bool | None:
        """Return whether a device is paused, as it has published; None where that is not known now."""
        return None if self._problem is not None else self._paused.get(place)

    def send(self, place: Place, *, paused: bool) -> None:
        """Send an order and wait until the broker has it.

        Raises:
            NobodyListens: the device is not connected.
            EdgeError: the broker does not take it now.

        """
        problem = self._problem
        if problem is not None:
            raise problem.with_traceback(None)
        order = _Order(place, paused)
        try:
            self._orders.put_nowait(order)
        except queue.Full:
            raise HubBusy("the hub", "has too many orders that wait", "try again in a minute") from None
        self._ring()
        try:
            heard = order.heard.result(_ANSWER_SECONDS)
        except NotInTime:
            order.heard.cancel()
            silence = f"has not answered within {_ANSWER_SECONDS:g} s"
            raise Unavailable("the broker", silence, "see whether the device is paused, then try again") from None
        if not heard:
            absent = "is not connected to the broker, so it would not hear the order"
            raise NobodyListens(f"the device {place.device}", absent, "check its power and its network")

    def _ring(self) -> None:
        with contextlib.suppress(OSError):  # it rings already
            self._waker.send(b"!")

    def _run(self) -> None:
        settings = self._connector.login.settings
        backoff = Backoff(settings.retry_cap_seconds)
        for broker in itertools.cycle(settings.brokers):
            if self._stop.is_set():
                break
            try:
                with contextlib.closing(self._connector.connect(broker, self._stop.is_set)) as connection:
                    log.info("broker %s: connected, for pauses", broker)
                    self._failures.forget()
                    self._serve(connection, backoff)
            except BrokerError as error:
                self._problem = error
            except OSError as error:  # of this machine, such as no more descriptors
                self._problem = DeviceFault(broker, error)
            if self._problem is not None and not self._stop.is_set():
                self._failures.warning(self._problem.facts, "%s; trying again", str(self._problem))
            self._stop.wait(backoff.next())

    def _serve(self, connection: Connection, backoff: Backoff) -> None:
        """Send orders until `close`; raise `BrokerError` where the connection ends before."""
        sent: dict[int, _Order] = {}
        self._paused.clear()
        connection.subscribe([(self._topic, 1)])
        self._problem = None
        with self._failing(sent):
            while not self._stop.is_set():
                for order in self._waiting():
                    if order.heard.set_running_or_notify_cancel():
                        topic = f"{self._base}/{order.place.site}/{order.place.device}/pause/set"
                        sent[connection.publish(Message(topic, "ON" if order.paused else "OFF"))] = order
                for event in connection.poll(_POLL_SECONDS, self._wake):
                    self._take(event, sent)
                    backoff.reset()
            connection.disconnect()

    def _waiting(self) -> Iterator[_Order]:
        with contextlib.suppress(BlockingIOError):
            self._wake.recv(_MOST_WAITING)
        with contextlib.suppress(queue.Empty):
            while True:
                yield self._orders.get_nowait()

    def _take(self, event: ConnectionEvent, sent: dict[int, _Order]) -> None:
        if isinstance(event, Published) and event.packet_id in sent:
            heard = sent.pop(event.packet_id).heard
            if event.error is None:
                heard.set_result(not event.unheard)
            else:
                heard.set_exception(event.error)
        elif isinstance(event, Incoming):
            with contextlib.suppress(RefusedMessage):
                place, said = read(self._base, event.topic, event.payload)
                if isinstance(said, Paused) and (place in self._paused or len(self._paused) < self._most):
                    self._paused[place] = said.paused

    @contextlib.contextmanager
    def _failing(self, sent: dict[int, _Order]) -> Iterator[None]:
        """Let all orders fail that have no answer when the block ends."""
        ended: EdgeError = Unavailable("the broker", "is not connected any more", "try again in a minute")
        try:
            yield
        except BrokerError as error:
            ended = error
            raise
        finally:
            self._problem = ended
            for order in sent.values():
                order.heard.set_exception(ended)
            for order in self._waiting():
                if order.heard.set_running_or_notify_cancel():
                    order.heard.set_exception(ended)


def login_of(settings: HubSettings) -> Mqtt:
    """Return the settings of the broker with the login for commands: by password, never by the hub's certificate."""
    own = {
        "username": settings.commands.username,
        "password_file": settings.commands.password_file,
        "cert_file": "",
        "key_file": "",
    }
    return settings.mqtt.model_copy(update=own)
