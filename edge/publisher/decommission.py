"""`emotion-edge decommission`: remove what a device left with its broker as retained messages."""

import contextlib
import logging
import time

from edge.config import Mqtt, Settings
from edge.contract.topics import Topics
from edge.errors import Unavailable
from edge.mqtt.client import Connector, Login
from edge.mqtt.connection import Connection
from edge.mqtt.credentials import read_secrets
from edge.mqtt.errors import BrokerError
from edge.mqtt.events import Message, Published
from edge.publisher.former_topics import published_as, read_former_topics, retained_topics
from edge.publisher.home_assistant.announcer import announced, read_announced
from edge.publisher.home_assistant.discovery import accepts
from edge.system.identity import device_id
from edge.system.paths import state_directory
from edge.system.state_file import remove
from edge.system.state_lock import is_locked

log = logging.getLogger(__name__)

_ANSWER_SECONDS = 10.0
_POLL_SECONDS = 0.5


def decommission(settings: Settings) -> list[str]:
    """Remove every retained message of this device; return their topics.

    Waits at most for a connection to each address of `mqtt.url` by either protocol, and 10 s for the answers.

    Raises:
        ConfigError: a certificate or password cannot be used, or the device has no lasting id.
        Unavailable: the daemon runs, or the broker is out of reach, refuses or does not answer.

    """
    directory = state_directory(settings)
    if is_locked(directory):
        remedy = "stop it first (systemctl stop emotion-edge.target), or it sends everything again"
        raise Unavailable(directory, "the daemon of this device runs", remedy)
    device = device_id(settings)
    former = announced(directory)
    topics = Topics(settings, device)
    retained = [topics.info, topics.pause, topics.status]
    if noted := read_announced(directory):
        retained.insert(0, noted)
    elif settings.home_assistant.discovery and accepts(device):
        retained.insert(0, topics.discovery)
    root = topics.status.removesuffix("/status")
    if (before := read_former_topics(directory)) and before != root:
        retained += retained_topics(before)
    with contextlib.closing(_connect(settings.mqtt, f"emotion-edge-{device}")) as connection:
        _remove(connection, retained)
        connection.disconnect()
    remove(former)
    remove(published_as(directory))
    return retained


def _connect(settings: Mqtt, client_id: str) -> Connection:
    """Return a connection to the first broker that accepts; raise the error of the last one."""
    connector = Connector(Login(settings, read_secrets(settings), client_id))
    *others, last = settings.brokers
    for broker in others:
        try:
            return connector.connect(broker)
        except BrokerError as error:
            log.warning("%s", error)
    return connector.connect(last)


def _remove(connection: Connection, retained: list[str]) -> None:
    """Publish an empty retained message to each topic, which removes the one there; wait for the answers."""
    unsent, waiting = list(retained), dict[int, str]()
    deadline = time.monotonic() + _ANSWER_SECONDS
    while unsent or waiting:
        while unsent and len(waiting) < connection.window:
            topic = unsent.pop(0)
            waiting[connection.publish(Message(topic, "", retain=True))] = topic
        if time.monotonic() > deadline:
            remedy = f"check the broker's log for {', '.join(waiting.values())}, then run this again"
            raise BrokerError(connection.broker, "does not acknowledge", remedy)
        for event in connection.poll(_POLL_SECONDS):
            if isinstance(event, Published):
                topic = waiting.pop(event.packet_id)
                if event.error is not None:
                    remedy = "let this device write it, see deploy/broker"
                    raise Unavailable(topic, "the broker refuses to remove it", remedy) from event.error
