"""TCP to a broker whose name may have several addresses, of which some may be dead; one time is for all of them."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from edge.config import Broker
from edge.mqtt.errors import ConnectCancelled

_LEAST_SECONDS = 0.1
"""A step that begins late may take so long: a timeout of 0 would be none."""


class _Address(NamedTuple):
    """What the resolver returns for an address."""

    family: int
    kind: int
    protocol: int
    name: str
    where: Any


class Dialling:
    """Dials one address after the other; each gets its part of the time that is left.

    Attributes:
        address: IP address of the broker: of the connection, or of the attempt whose error was raised.
        was_cut: whether the time was over during a WebSocket handshake.

    """

    def __init__(self, broker: Broker, seconds: float, cancelled: Callable[[], bool]) -> None:
        """Take within how many seconds TCP, TLS and WebSocket have to be done, once the name is resolved."""
        self.address = ""
        self.was_cut = False
        self._broker = broker
        self._seconds = seconds
        self._cancelled = cancelled
        self._until = 0.0
        self._addresses: list[_Address] = []

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return max(_LEAST_SECONDS, self._until - time.monotonic())

    def resolve(self) -> None:
        """Look the name up; raise OSError. How long that may take, the resolver decides."""
        broker = self._broker
        found = socket.getaddrinfo(broker.host, broker.port, type=socket.SOCK_STREAM)
        self._addresses = [_Address(*one) for one in found]
        self.address = str(self._addresses[0].where[0])
        self._until = time.monotonic() + self._seconds

    def connect(self) -> socket.socket:
        """Return a connection to the first address that answers.

        Raises:
            OSError: none answers; it is the error that says most, and `address` is that of it.
            ConnectCancelled: the attempt was given up.

        """
        failures: list[tuple[str, OSError]] = []
        for number, address in enumerate(self._addresses):
            self.check()
            try:
                connection = _connect(address, self.left / (len(self._addresses) - number))
            except OSError as error:
                failures.append((str(address.where[0]), error.with_traceback(None)))
            else:
                connection.settimeout(self.left)
                self.address = str(address.where[0])
                return connection
        self.address, failure = min(failures, key=lambda one: _silence(one[1]))
        raise failure

    def check(self) -> None:
        """Raise `ConnectCancelled` where the attempt was given up."""
        if self._cancelled():
            raise ConnectCancelled(self._broker, "the attempt was given up", "")

    @contextlib.contextmanager
    def deadline(self, connection: socket.socket) -> Iterator[None]:
        """Cut a connection when the time is over: paho's WebSocket handshake allows all of it for every byte."""
        # TLS takes the socket over; a duplicate of it reaches the same connection.
        duplicate = connection.dup()

        def cut() -> None:
            self.was_cut = True
            with contextlib.suppress(OSError):
                duplicate.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self.left, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
            duplicate.close()


def _connect(address: _Address, seconds: float) -> socket.socket:
    connection = socket.socket(address.family, address.kind, address.protocol)
    try:
        connection.settimeout(seconds)
        connection.connect(address.where)
    except BaseException:
        connection.close()
        raise
    return connection


def _silence(error: OSError) -> int:
    """Return how little an error says of the broker: a host that refuses is there, one without a route may be."""
    match error:
        case ConnectionError():
            return 0
        case TimeoutError():
            return 1
    return 2
