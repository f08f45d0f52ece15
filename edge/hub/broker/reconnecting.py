"""One connection to a broker after another, for each login of the hub."""

import contextlib
import itertools
import threading
import time
from collections.abc import Callable

from edge.errors import EdgeError
from edge.mqtt.client import Connector
from edge.mqtt.connection import Connection
from edge.mqtt.errors import BrokerError, DeviceFault
from edge.system.backoff import Backoff

_STABLE_SECONDS = 30.0


def keep_connected(
    connector: Connector,
    closing: threading.Event,
    serve: Callable[[Connection], None],
    on_error: Callable[[EdgeError], None],
    on_turn: Callable[[float], None] = lambda _seconds: None,
) -> None:
    """Connect to the brokers in turn until `closing` is set, with a growing pause between two attempts.

    Args:
        connector: of the login.
        closing: ends the loop.
        serve: uses a connection until `closing` is set; raises `BrokerError` where the connection ends before.
        on_error: gets what ended an attempt or a connection.
        on_turn: is called before each wait with its length at most, in seconds.

    """
    settings = connector.login.settings
    backoff = Backoff(settings.retry_cap_seconds)
    for broker in itertools.cycle(settings.brokers):
        if closing.is_set():
            return
        begun = time.monotonic()
        on_turn(4 * settings.connect_seconds)  # connection and login, with MQTT 5 and with 3.1.1
        try:
            with contextlib.closing(connector.connect(broker, closing.is_set)) as connection:
                serve(connection)
        except BrokerError as error:
            if not closing.is_set():
                on_error(error)
        except OSError as error:  # of this machine, such as no more descriptors
            on_error(DeviceFault(broker, error))
        if time.monotonic() - begun > _STABLE_SECONDS:
            backoff.reset()
        pause = backoff.next()
        on_turn(pause)
        closing.wait(pause)
