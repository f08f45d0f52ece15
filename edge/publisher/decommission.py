"""`emotion-edge decommission`: remove what a device left with its broker as retained messages."""

import contextlib
import logging
import time
from collections.abc import Sequence
from pathlib import Path

from edge.config import Broker, Settings
from edge.contract.topics import Topics
from edge.errors import Unavailable
from edge.mqtt.client import Connector, Login
from edge.mqtt.connection import Connection
from edge.mqtt.credentials import read_secrets
from edge.mqtt.errors import BrokerError
from edge.mqtt.events import Message, Published
from edge.mqtt.looking import look
from edge.publisher.former_topics import is_used_by_another, published_as, read_former_topics, retained_topics
from edge.publisher.home_assistant.announcer import announced, id_of, read_announced
from edge.publisher.home_assistant.discovery import accepts
from edge.system.identity import device_id
from edge.system.paths import state_directory
from edge.system.state_file import remove
from edge.system.state_lock import is_locked

log = logging.getLogger(__name__)

_ANSWER_SECONDS = 10.0
_POLL_SECONDS = 0.5


def decommission(settings: Settings) -> list[str]:
    """Remove every retained message of this device from each broker of `mqtt.url`; return their topics.

    What is under a former name stays where another device uses that name now. Waits at most for a connection to each
    address by either protocol, for 10 s for its answers, and for a minute where it has to look at what is retained.

    Raises:
        ConfigError: a certificate or password cannot be used, or the device has no lasting id.
        Unavailable: the daemon runs, or a broker is out of reach, refuses or does not answer; the others are done.

    """
    directory = state_directory(settings)
    if is_locked(directory):
        remedy = "stop it first (systemctl stop emotion-edge.target), or it sends everything again"
        raise Unavailable(directory, "the daemon of this device runs", remedy)
    device = device_id(settings)
    own, former = _retained(settings, device, directory)
    connector = Connector(Login(settings.mqtt, read_secrets(settings.mqtt), f"emotion-edge-{device}"))
    removed: dict[str, None] = {}
    failures: list[Unavailable] = []
    for broker in settings.mqtt.brokers:
        try:
            with contextlib.closing(connector.connect(broker)) as connection:
                removed |= dict.fromkeys(_clean(connection, own, former))
                connection.disconnect()
        except Unavailable as error:
            failures.append(error)
    if failures:
        raise _summary(failures, settings.mqtt.brokers)
    remove(announced(directory))
    remove(published_as(directory))
    return list(removed)


def _retained(settings: Settings, device: str, directory: Path) -> tuple[list[str], list[str]]:
    """Return the topics under the present name, and those under a former one, of which the first is `status`."""
    topics = Topics(settings, device)
    own = [topics.info, topics.pause, topics.status]
    former: list[str] = []
    root = topics.status.removesuffix("/status")
    if (before := read_former_topics(directory)) and before != root:
        former += retained_topics(before)
    noted = read_announced(directory)
    is_own = not noted or id_of(noted) == id_of(topics.discovery)
    if noted and is_own:
        own.insert(0, noted)
    elif settings.home_assistant.discovery and accepts(device):
        own.insert(0, topics.discovery)
    if former and not is_own:
        former.append(noted)
    elif not is_own:
        log.warning(
            "%s: this announcement to Home Assistant is of another name, and stays; if no device has that name any "
            "more, on the broker run: mosquitto_sub -W 3 --remove-retained %s",
            noted,
            _options([noted]),
        )
    return own, former


def _clean(connection: Connection, own: list[str], former: list[str]) -> list[str]:
    """Remove what a broker retains on the topics of this device; return the topics."""
    topics = list(own)
    if former:
        seen = look(connection, former[0])
        if seen.readable and not is_used_by_another(seen.found.get(former[0])):
            topics += former
        else:
            problem = "another device is online there" if seen.readable else "this device may not read it"
            log.warning(
                "%s: a former name of this device, whose messages stay, as %s; if no device has that name any more, on "
                "the broker run: mosquitto_sub -W 3 --remove-retained %s",
                former[0],
                problem,
                _options(former),
            )
    if connection.protocol != "3.1.1":
        _remove(connection, topics)
        return topics
    before = look(connection, *topics)
    _remove(connection, topics)
    if left := look(connection, *topics).found:
        problem = "is still there: with MQTT 3.1.1 a broker acknowledges what its access list drops"
        raise Unavailable(", ".join(left), problem, "let this device write it, see deploy/broker")
    if not before.found:
        log.warning(
            "broker %s: with MQTT 3.1.1 it does not say whether it removed them; to see what is left, on the broker "
            "run: mosquitto_sub -W 3 --retained-only -v %s",
            connection.broker,
            _options(topics),
        )
    return topics


def _options(topics: list[str]) -> str:
    """Return topics as options of `mosquitto_sub`."""
    return " ".join(f"-t '{topic}'" for topic in topics)


def _summary(failures: list[Unavailable], brokers: Sequence[Broker]) -> Unavailable:
    """Return one error for all; log each where there is more than one address."""
    if len(brokers) == 1:
        return failures[0]
    for failure in failures:
        log.warning("%s", failure)
    problem = f"{len(failures)} of {len(brokers)} addresses may keep retained messages of this device"
    return Unavailable("mqtt.url", problem, "correct what the lines above say, then run this again")


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
