"""`emotion-edge decommission`: take back whatever a device left with its broker, so that it is forgotten there."""

import queue
import time

from edge.config import Settings
from edge.contract.topics import Topics
from edge.errors import Unavailable
from edge.mqtt.events import Acknowledged, Connected, Event, Message, Refused
from edge.mqtt.session import Session
from edge.publisher.home_assistant.announcer import announced
from edge.publisher.home_assistant.discovery import accepts
from edge.publisher.state.lock import is_locked
from edge.system.identity import device_id
from edge.system.paths import state_directory

_ANSWER_SECONDS = 10.0


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
    if former.is_file():
        retained.insert(0, former.read_text().strip())
    elif settings.home_assistant.discovery and accepts(device):
        retained.insert(0, topics.discovery)
    _remove(settings, device, retained)
    former.unlink(missing_ok=True)
    return retained


def _remove(settings: Settings, device: str, retained: list[str]) -> None:
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    last = Message(retained[-1], "", retain=True)  # the status is also what a lost connection would leave
    session = Session(settings.mqtt, f"emotion-edge-{device}", last, events.put)
    session.start()
    try:
        deadline = time.monotonic() + 2 * len(settings.mqtt.brokers) * settings.mqtt.connect_seconds
        while not isinstance(_next(events, deadline, "cannot be reached"), Connected):
            pass
        for token, topic in enumerate(retained):
            session.publish(Message(topic, "", retain=True, token=token))
        deadline = time.monotonic() + _ANSWER_SECONDS
        waiting = set(range(len(retained)))
        while waiting:
            match _next(events, deadline, "does not acknowledge"):
                case Acknowledged(token):
                    waiting.discard(token)
                case Refused(token):
                    remedy = "let this device write it, see deploy/broker"
                    raise Unavailable(retained[token], "the broker refuses to forget it", remedy)
    finally:
        session.stop(last)


def _next(events: queue.SimpleQueue[Event], deadline: float, problem: str) -> Event:
    try:
        return events.get(timeout=max(0.01, deadline - time.monotonic()))
    except queue.Empty as error:
        raise Unavailable("mqtt.url", f"the broker {problem}", "see the lines above, then run this again") from error
