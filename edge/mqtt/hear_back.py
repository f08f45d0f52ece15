"""Whether records really pass where a broker cannot say no: MQTT 3.1.1 acknowledges what its access list drops."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from edge.mqtt.brokers import Brokers
from edge.mqtt.connection import Connection
from edge.mqtt.errors import BrokerError
from edge.mqtt.events import Acknowledged, Event, Incoming, Message, Refused
from edge.mqtt.protocol import MQTT_3_1_1

_HEARD_SECONDS = 3.0
"""From the acknowledgement of a record until it has come back; brokers pass a message on at once."""
_MOST_EXPECTED = 100
"""Payloads that are remembered; the broker's window is smaller."""


@dataclass
class _Topic:
    """A topic of records in one session.

    Attributes:
        checked: a record came back (true), or it cannot be known (false); None: not decided yet.
        packet_id: of the subscription; None where the topic was not asked for.
        expected: payloads that were sent, each with its token, in order.
        denied: tokens of records that were sent before the first one that came back.
        held: tokens of acknowledged records, each with the monotonic time of the acknowledgement.

    """

    checked: bool | None = None
    packet_id: int | None = None
    expected: list[tuple[str, int]] = field(default_factory=list)
    denied: set[int] = field(default_factory=set)
    held: dict[int, float] = field(default_factory=dict)


class HearBack:
    """Holds acknowledgements back until one record of the session has come back on each topic of records.

    Where a broker has let this device hear its own records before, silence means that they are denied: they count as
    refused. Where it never has, the device may just not be allowed to read them: then it cannot be known.
    """

    def __init__(
        self,
        connection: Connection,
        brokers: Brokers,
        emit: Callable[[Event], None],
        log_once: Callable[[BrokerError], None],
    ) -> None:
        self._connection = connection
        self._brokers = brokers
        self._emit = emit
        self._log_once = log_once
        self._needed = connection.version == MQTT_3_1_1
        self._topics: dict[str, _Topic] = {}

    @property
    def refusals_visible(self) -> bool | None:
        """Whether a record that the broker denies would be noticed; None while that is not known yet."""
        if not self._needed:
            return True
        answers = [topic.checked for topic in list(self._topics.values())]  # other threads ask, too
        if False in answers:
            return False
        return None if None in answers or not answers else True

    def before_sending(self, message: Message) -> None:
        """Ask for a topic of records before its first record is sent."""
        if not self._needed or message.token is None:
            return
        topic = self._topics.get(message.topic)
        if topic is None:
            topic = self._ask(message.topic)
        if topic.checked is None:
            topic.expected = [*topic.expected[1 - _MOST_EXPECTED :], (message.payload, message.token)]

    def _ask(self, name: str) -> _Topic:
        """Subscribe to a topic of records; where this broker has ended a session because of that, give it up."""
        others = list(self._topics.values())
        topic = self._topics[name] = _Topic()
        given_up = any(other.packet_id is None for other in others)
        if given_up or not (others or self._brokers.may_ask(self._connection.broker)):
            self._give_up(name, topic)
        else:
            topic.packet_id = self._connection.subscribe([(name, 0)])
        return topic

    def granted(self, packet_id: int, *, granted: bool) -> bool:
        """Take the answer to a subscription; return whether it was one of these."""
        for name, topic in self._topics.items():
            if topic.packet_id == packet_id:
                self._brokers.has_answered(self._connection.broker)
                if not granted:
                    self._give_up(name, topic)
                return True
        return False

    def takes(self, message: Incoming) -> bool:
        """Take a record that came back; return whether it was on a topic of records."""
        topic = self._topics.get(message.topic)
        if topic is None:
            return False
        text = message.payload.decode(errors="replace")
        came_back = [token for payload, token in topic.expected if payload == text]  # more than one: it was sent again
        if topic.checked is None and came_back:
            self._brokers.note_heard(self._connection.broker, message.topic)
            # A broker passes messages on in order: what was sent before and did not come back was denied.
            tokens = [token for _payload, token in topic.expected]
            topic.denied = set(tokens[: tokens.index(came_back[-1])])
            self._decide(message.topic, topic, checked=True)
        return True

    def acknowledged(self, message: Message) -> None:
        """Report an acknowledged record, now or once it is known what that is worth."""
        assert message.token is not None
        topic = self._topics.get(message.topic)
        if topic is None:
            self._emit(Acknowledged(message.token))
        elif topic.checked is None:
            topic.held[message.token] = time.monotonic()
        else:
            self._emit(_answer(topic, message.token))

    def run_due(self) -> None:
        """Decide what has waited long enough."""
        before = time.monotonic() - _HEARD_SECONDS
        for name, topic in self._topics.items():
            late = [token for token, at in topic.held.items() if at < before]
            if not late or topic.checked is not None:
                continue
            if not self._may_be_denied(name):
                self._give_up(name, topic)
                continue
            problem = f"acknowledges records on {name} by MQTT 3.1.1, and does not pass them on"
            self._log_once(BrokerError(self._connection.broker, problem, "check its access list; records wait here"))
            for token in late:
                del topic.held[token]
                self._emit(Refused(token))

    def _may_be_denied(self, name: str) -> bool:
        """Whether this device could hear its records on a topic before, or on another one that is still silent, too."""
        before = self._brokers.heard(self._connection.broker)
        passing = {other for other, topic in self._topics.items() if topic.checked}
        return name in before or not before <= passing

    def _give_up(self, name: str, topic: _Topic) -> None:
        problem = f"MQTT 3.1.1 cannot refuse a message, and this device cannot hear its own records on {name}"
        remedy = "let this device read that topic, or use a broker of MQTT 5; a denied record would be lost unnoticed"
        self._log_once(BrokerError(self._connection.broker, problem, remedy))
        self._decide(name, topic, checked=False)

    def _decide(self, name: str, topic: _Topic, *, checked: bool) -> None:
        topic.checked = checked
        topic.expected.clear()
        held, topic.held = list(topic.held), {}
        for token in held:
            self._emit(_answer(topic, token))
        if topic.packet_id is not None:
            self._connection.unsubscribe(name)


def _answer(topic: _Topic, token: int) -> Event:
    return Refused(token) if token in topic.denied else Acknowledged(token)
