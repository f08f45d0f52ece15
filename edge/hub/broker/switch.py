"""The hub's second broker login: it sends pause orders to devices, and hears whether they are paused."""

import contextlib
import logging
import queue
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import dataclass, field

from edge.config import Mqtt
from edge.contract.reading import Paused, Place, RefusedMessage, read
from edge.errors import EdgeError, Unavailable
from edge.hub.broker.reconnecting import keep_connected
from edge.hub.errors import HubBusy
from edge.hub.settings import HubSettings
from edge.hub.thread import HubThread
from edge.mqtt.client import Connector, Login
from edge.mqtt.connection import Connection
from edge.mqtt.credentials import read_secrets
from edge.mqtt.errors import BrokerError
from edge.mqtt.events import ConnectionEvent, Incoming, Message, Published, Subscribed
from edge.system.once import OnceLogger

log = logging.getLogger(__name__)

_ANSWER_SECONDS = 10.0
_POLL_SECONDS = 1.0
_MOST_WAITING = 100


class NobodyListens(Unavailable):
    """The device is not connected to the broker, so that an order would be lost."""


class OutcomeUnknown(Unavailable):
    """The order was sent, but its arrival was not confirmed."""


@dataclass
class _Order:
    place: Place
    paused: bool
    heard: Future[bool] = field(default_factory=Future)


class _States:
    """What devices have published of their pauses, of at most `most` devices.

    Attributes:
        paused: whether each is paused.
        over: those that were resumed since the latest order.

    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.paused: dict[Place, bool] = {}
        self.over: set[Place] = set()

    def take(self, place: Place, *, paused: bool) -> None:
        """Take in what a device has published."""
        if place in self.paused or len(self.paused) < self._most:
            if self.paused.get(place) and not paused:
                self.over.add(place)
            self.paused[place] = paused


class Switch:
    """Runs in a thread of its own until `close`; `send` and `paused` are for any other thread."""

    def __init__(self, settings: HubSettings, on_failure: Callable[[], None]) -> None:
        """Prepare; `on_failure` is called where the thread ends before `close`, and `check` then raises why.

        Raises:
            ConfigError: the password file of `commands` cannot be used.

        """
        login = login_of(settings)
        self._connector = Connector(Login(login, read_secrets(login), f"{settings.client_id}-commands"))
        self._base = login.base
        self._topic = f"{login.base}/{settings.site or '+'}/+/pause"
        self._states = _States(settings.store.max_devices)
        self._orders: queue.Queue[_Order] = queue.Queue(_MOST_WAITING)
        self._problem: EdgeError | None = Unavailable("the broker", "is not connected yet", "try again in a minute")
        self._wake, self._waker = socket.socketpair()
        self._failures = OnceLogger(log)
        self._worker = HubThread(self._run, "commands", on_failure)
        for end in (self._wake, self._waker):
            end.setblocking(False)

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._worker.start()

    def close(self) -> None:
        """Disconnect; orders that wait fail."""
        self._worker.closing.set()
        self._ring()
        self._worker.join(_ANSWER_SECONDS)

    def check(self) -> None:
        """Raise what ended the thread, if anything did."""
        self._worker.check()

    def paused(self, place: Place) -> bool | None:
        """Return whether a device is paused, as it has published; None where that is not known now."""
        return None if self._problem is not None else self._states.paused.get(place)

    def places(self, device: str) -> set[Place]:
        """Return the devices of that name which have published whether they are paused, one for each site."""
        return {place for place in tuple(self._states.paused) if place.device == device}

    def over(self, place: Place) -> bool:
        """Return whether a device was resumed since the latest order, by this hub or by others."""
        return place in self._states.over

    def send(self, place: Place, *, paused: bool) -> None:
        """Send an order and wait until the broker has it.

        Raises:
            NobodyListens: the device is not connected.
            OutcomeUnknown: the broker has not answered; the order may have arrived.
            EdgeError: the broker does not take it now.

        """
        problem = self._problem
        if problem is not None:
            raise problem.with_traceback(None)
        self._states.over.discard(place)
        order = _Order(place, paused)
        try:
            self._orders.put_nowait(order)
        except queue.Full:
            raise HubBusy("the hub", "has too many orders that wait", "try again in a minute") from None
        self._ring()
        try:
            heard = order.heard.result(_ANSWER_SECONDS)
        except NotInTime:
            kind = Unavailable if order.heard.cancel() else OutcomeUnknown
            silence = f"has not answered within {_ANSWER_SECONDS:g} s"
            raise kind("the broker", silence, "see whether the device is paused, then try again") from None
        if not heard:
            absent = "is not connected to the broker, so it would not hear the order"
            raise NobodyListens(f"the device {place.device}", absent, "check its power and its network")

    def _ring(self) -> None:
        with contextlib.suppress(OSError):  # it rings already
            self._waker.send(b"!")

    def _run(self) -> None:
        keep_connected(self._connector, self._worker.closing, self._serve, self._report)

    def _report(self, error: EdgeError) -> None:
        self._problem = error
        self._failures.warning(error.facts, "%s; trying again", str(error))

    def _serve(self, connection: Connection) -> None:
        """Send orders until `close`; raise `BrokerError` where the connection ends before."""
        log.info("broker %s: connected, for pauses", connection.broker)
        self._failures.forget()
        sent: dict[int, _Order] = {}
        connection.subscribe([(self._topic, 1)])
        self._problem = None
        with self._failing(sent):
            while not self._worker.closing.is_set():
                for order in self._waiting():
                    if order.heard.set_running_or_notify_cancel():
                        topic = f"{self._base}/{order.place.site}/{order.place.device}/pause/set"
                        sent[connection.publish(Message(topic, "ON" if order.paused else "OFF"))] = order
                for event in connection.poll(_POLL_SECONDS, self._wake):
                    self._take(event, sent)
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
                if isinstance(said, Paused):
                    self._states.take(place, paused=said.paused)
        elif isinstance(event, Subscribed) and not all(event.granted):
            error = Unavailable(self._topic, "cannot be read by this login", "make it again: credentials.sh commands")
            self._failures.warning(error.facts, "%s; the page cannot show who is paused", str(error))

    @contextlib.contextmanager
    def _failing(self, sent: dict[int, _Order]) -> Iterator[None]:
        """Let all orders fail that have no answer when the block ends."""
        ended: EdgeError = Unavailable("the broker", "is not connected any more", "try again in a minute")
        lost = OutcomeUnknown(
            "the broker", "has ended the connection", "see whether the device is paused, then try again"
        )
        try:
            yield
        except BrokerError as error:
            ended = error
            raise
        finally:
            self._problem = ended
            for order in sent.values():
                order.heard.set_exception(lost)
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
