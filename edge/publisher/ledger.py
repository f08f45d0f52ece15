"""The records that are on their way to the broker: each has one state."""

import enum
import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from edge.door.packets import Key
from edge.publisher.spool.queued_record import QueuedRecord


class State(enum.Enum):
    """What happens to a record. One that the ledger does not know is fresh or refused, and waits in the spool."""

    LIVE = "waits for this device's phase of the interval"
    BACKLOG = "was read from the spool and waits for its turn"
    IN_FLIGHT = "was sent and waits for the broker's answer"


@dataclass(slots=True, eq=False)
class Shipment:
    """A record and its state.

    Attributes:
        record: the record.
        state: what happens to it.
        due: while live, when it is sent: CLOCK_MONOTONIC in seconds.
        topic: while in flight, where it was sent to.

    """

    record: QueuedRecord
    state: State
    due: float = 0.0
    topic: str = ""


class Ledger:
    """All shipments, by key, by state and by token; in each state, in the order in which they came to it.

    A record leaves the ledger when the broker has answered (it is done, or refused) or when the connection has ended
    (it waits in the spool again).
    """

    def __init__(self) -> None:
        self._shipments: dict[State, dict[Key, Shipment]] = {state: {} for state in State}
        self._by_token: dict[int, Shipment] = {}
        self._tokens = itertools.count(1)
        self.cursor = 0
        """Number of the last record that was read from the spool; 0 to begin with the oldest."""

    def __contains__(self, key: Key) -> bool:
        return any(key in shipments for shipments in self._shipments.values())

    def count(self, state: State) -> int:
        """Return how many shipments are in a state."""
        return len(self._shipments[state])

    def first(self, state: State) -> Shipment | None:
        """Return the oldest shipment in a state, or None."""
        return next(iter(self._shipments[state].values()), None)

    def schedule(self, record: QueuedRecord, due: float) -> None:
        """Take a live record that is to be sent at `due`, CLOCK_MONOTONIC in seconds."""
        if record.key not in self:
            self._enter(Shipment(record, State.LIVE, due=due))

    def load(self, records: list[QueuedRecord], skip: Callable[[Key], bool]) -> None:
        """Take backlog in the order of the spool, but for what is on its way and what `skip` says."""
        for record in records:
            if record.key not in self and not skip(record.key):
                self._enter(Shipment(record, State.BACKLOG))
        self.cursor = records[-1].number

    def send(self, shipment: Shipment, topic: str) -> int:
        """Note that a shipment goes to `topic`; return the token by which the broker's answer names it."""
        self._leave(shipment)
        shipment.state, shipment.topic = State.IN_FLIGHT, topic
        self._enter(shipment)
        token = next(self._tokens)
        self._by_token[token] = shipment
        return token

    def answered(self, token: int) -> Shipment | None:
        """Take out the shipment that the broker answered; None for an answer of an earlier connection."""
        shipment = self._by_token.pop(token, None)
        if shipment is not None:
            self._leave(shipment)
        return shipment

    def replace(self, records: Iterable[QueuedRecord]) -> None:
        """Take new times of live records; what is in flight was sent as it was."""
        for record in records:
            if (shipment := self._shipments[State.LIVE].get(record.key)) is not None:
                shipment.record = record

    def reread(self) -> None:
        """Let the backlog be read again from the oldest record on."""
        self._shipments[State.BACKLOG].clear()
        self.cursor = 0

    def recall(self) -> None:
        """Take out everything: without a connection, all records wait in the spool."""
        for shipments in self._shipments.values():
            shipments.clear()
        self._by_token.clear()
        self.cursor = 0

    def _enter(self, shipment: Shipment) -> None:
        self._shipments[shipment.state][shipment.record.key] = shipment

    def _leave(self, shipment: Shipment) -> None:
        del self._shipments[shipment.state][shipment.record.key]
