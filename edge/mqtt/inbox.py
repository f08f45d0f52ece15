"""What a session has subscribed to: commands, which are handed on, and topics that it looks at once."""

from collections.abc import Callable

from edge.mqtt.connection import Connection
from edge.mqtt.errors import BrokerError
from edge.mqtt.events import MAX_INCOMING, Event, Incoming, Message, Question, Subscribed
from edge.mqtt.looking import Look
from edge.mqtt.withholding import SUBSCRIPTION


class Inbox:
    """The subscriptions of a connection, but for those of `HearBack`."""

    def __init__(
        self, connection: Connection, emit: Callable[[Event], None], log_once: Callable[[BrokerError], None]
    ) -> None:
        self._connection = connection
        self._emit = emit
        self._log_once = log_once
        self._commands: tuple[str, ...] = ()
        self._looks: list[Look] = []

    def subscribe(self, commands: tuple[str, ...]) -> None:
        """Subscribe to the topics of commands, if there are any."""
        self._commands = commands
        if commands:
            self._connection.subscribe([(topic, 1) for topic in commands])

    def ask(self, question: Question) -> None:
        """Look what the broker retains; `Retained` is the answer."""
        self._looks.append(Look(self._connection, question))

    @property
    def unanswered(self) -> dict[str, Message]:
        """A subscription that the broker has not answered, by its name, as a message without content."""
        waits = any(look.is_unanswered for look in self._looks)
        return {SUBSCRIPTION: Message("", "", name=SUBSCRIPTION)} if waits else {}

    def take(self, event: Incoming | Subscribed) -> None:
        """Take what has come."""
        if any(look.take(event) for look in self._looks):
            return
        match event:
            case Incoming() if event.topic in self._commands:
                # The start of an over-long payload is enough to refuse it.
                self._emit(Incoming(event.topic, event.payload[: MAX_INCOMING + 1], event.retained))
            case Subscribed(granted) if not all(granted):
                remedy = f"let this device read {', '.join(self._commands)}"
                self._log_once(BrokerError(self._connection.broker, "commands cannot be received", remedy))

    def run_due(self) -> None:
        """Report the answers that are known."""
        for look in list(self._looks):
            if (answer := look.answer) is not None:
                self._looks.remove(look)
                look.end()
                self._emit(answer)
