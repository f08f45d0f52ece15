"""What a broker retains on some topics: a subscription that ends as soon as this is known."""

import time

from edge.mqtt.connection import Connection
from edge.mqtt.events import MAX_INCOMING, ConnectionEvent, Incoming, Question, Retained, Subscribed

_COMES_SECONDS = 2.0
"""A broker sends what it retains with its answer to the subscription, or at once after it."""
_ANSWER_SECONDS = 30.0
"""A broker that has not answered the subscription within this time will not."""
_POLL_SECONDS = 0.5


class Look:
    """A question on a connection: `take` its events, and ask for the `answer` now and then."""

    def __init__(self, connection: Connection, question: Question) -> None:
        """Subscribe to the topics of the question."""
        self._connection = connection
        self._question = question
        self._packet_id = connection.subscribe([(topic, 0) for topic in question.topics])
        self._asked_at = time.monotonic()
        self._granted_at: float | None = None
        self._is_denied = False
        self._found: dict[str, bytes] = {}

    def take(self, event: ConnectionEvent) -> bool:
        """Take an event of the connection; return whether it belongs to this question."""
        match event:
            case Subscribed(granted, packet_id) if packet_id == self._packet_id:
                self._granted_at, self._is_denied = time.monotonic(), not all(granted)
            case Incoming(topic, payload) if topic in self._question.topics:
                self._found[topic] = payload[:MAX_INCOMING]
            case _:
                return False
        return True

    @property
    def is_unanswered(self) -> bool:
        """Whether the broker has said nothing to the subscription yet."""
        return self._granted_at is None

    @property
    def answer(self) -> Retained | None:
        """What the broker retains; None where that is not known yet."""
        token, now = self._question.token, time.monotonic()
        if self._is_denied or (self._granted_at is None and now > self._asked_at + _ANSWER_SECONDS):
            return Retained(token, {}, readable=False)
        if self._granted_at is None or now < self._granted_at + self._wait:
            return None
        return Retained(token, {topic: payload for topic, payload in self._found.items() if payload})

    @property
    def _wait(self) -> float:
        changes = self._question.until_changed
        waits = changes is not None and self._found.get(changes[0]) == changes[1]
        return self._question.patience if waits else _COMES_SECONDS

    def end(self) -> None:
        """Ask for no more of the topics."""
        for topic in self._question.topics:
            self._connection.unsubscribe(topic)


def look(connection: Connection, *topics: str) -> Retained:
    """Return what a broker retains on some topics, after at most 30 s; other events of the connection are dropped.

    Raises:
        BrokerError: the connection ended.

    """
    asked = Look(connection, Question(topics, 0))
    while (answer := asked.answer) is None:
        for event in connection.poll(_POLL_SECONDS):
            asked.take(event)
    asked.end()
    return answer
