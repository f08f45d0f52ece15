"""Everything between this process and the broker: the session, and who uses it."""

from collections.abc import Callable
from pathlib import Path
from typing import cast

from edge.config import Settings
from edge.contract.records import Health, Info
from edge.contract.topics import Topics
from edge.mqtt.events import (
    Acknowledged,
    Connected,
    Disconnected,
    Event,
    Incoming,
    Message,
    Question,
    Refused,
    Retained,
    Unheard,
    Withheld,
)
from edge.mqtt.session import Session
from edge.privacy.settings import PrivacyStore
from edge.publisher.commands import Commands
from edge.publisher.delivery import Delivery
from edge.publisher.event_queue import EventQueue
from edge.publisher.former_topics import FormerTopics
from edge.publisher.home_assistant.announcer import Announcer
from edge.publisher.home_assistant.discovery import discovery
from edge.publisher.observer_state import ObserverState
from edge.publisher.reporter import Protocol, Reporter
from edge.publisher.spool.spool import Spool
from edge.system.paths import state_directory


class Uplink:
    """Hands each event of the session to whom it concerns, and publishes what is due."""

    def __init__(  # noqa: PLR0913, PLR0917 - what it publishes, and what commands change
        self,
        settings: Settings,
        device: str,
        spool: Spool,
        privacy_store: PrivacyStore,
        observer: ObserverState,
        events: EventQueue,
        *,
        switch_pause: Callable[[bool], None],
        info: Callable[[], Info],
        health: Callable[[], Health],
    ) -> None:
        """Check all that can be checked without a broker.

        Raises:
            ConfigError: a certificate, key or password cannot be used.

        """
        self.topics = Topics(settings, device)
        self._observer = observer
        self._events = events
        self._announcer = Announcer(
            settings.home_assistant,
            self.topics,
            device,
            state_directory(settings),
            lambda: discovery(settings, self.topics, device, privacy_store.now, info().board),
            self._publish,
        )
        self._former_topics = self._follow(state_directory(settings), self._announcer)
        self._session = Session(
            settings.mqtt,
            f"emotion-edge-{device}",
            self._offline,
            events.put,
            (self.topics.pause_set, self.topics.privacy_set, *self._announcer.topics),
        )
        self.delivery = Delivery(spool, self.topics, settings.interval_seconds, device, self._publish)
        self._keep_unheard = settings.mqtt.no_subscriber == "keep"
        self.without_subscriber = 0
        """How often the broker took a record to which nobody had subscribed."""
        self._commands = Commands(self.topics, privacy_store, switch_pause)
        self.reporter = Reporter(self.topics, settings.interval_seconds, self._publish, info=info, health=health)

    def _follow(self, directory: Path, announcer: Announcer) -> FormerTopics:
        """Return what looks after the topics of a former name, its announcement among them."""
        former, forget = announcer.of_former_id, announcer.forget_former_id
        return FormerTopics(directory, self.topics, self._publish, self._ask, former, forget)

    @property
    def healthy(self) -> bool:
        """Whether the session's thread does what it should; being without a broker is healthy."""
        return self._session.healthy

    @property
    def connections(self) -> int:
        """Connections to the broker so far."""
        return self._session.connections

    @property
    def withheld_messages(self) -> tuple[str, ...]:
        """What the broker does not take, and what is not published to it."""
        return self._session.withheld

    @property
    def refusals_visible(self) -> bool | None:
        """Whether a record that the broker denies would be noticed; None without a connection."""
        return self._session.refusals_visible

    @property
    def refused_commands(self) -> int:
        """Commands that were ignored so far."""
        return self._commands.refusals.count

    def check(self) -> None:
        """Raise what ended the session's thread, if anything did: a process that publishes nothing has to end."""
        self._session.check()

    def start(self) -> None:
        """Begin to connect."""
        self._session.start()

    def stop(self) -> None:
        """Send what waits, say goodbye, and bring to disk what the broker has not acknowledged."""
        self.take_events()
        self.delivery.flush()
        self._session.stop(self._offline)
        self.take_events()
        self._commands.execute()
        self.delivery.close()

    def close(self) -> None:
        """Say goodbye and end the session, where `stop` did not: what waits stays on disk."""
        self._session.stop(self._offline)

    def run_due(self) -> float:
        """Publish what is due; return the seconds until there may be more to do."""
        if self._commands.run_due():
            self.publish_info()
        wait = min(self.delivery.run_due(), self._announcer.wait, self._commands.wait)
        if self._announcer.run_due() or self.reporter.is_health_due:
            self.reporter.publish_health()
        return wait

    def publish_info(self) -> None:
        """Publish `info` if it changed; what Home Assistant knows of the device may have changed with it."""
        if self.reporter.publish_info():
            self._announcer.announce()

    def take_events(self) -> None:
        """Handle what the session reported."""
        for event in self._events.take():
            self._handle(event)

    def _handle(self, event: Event) -> None:
        match event:
            case Connected(protocol, window):
                self._connected(cast("Protocol", protocol), window)
            case Disconnected():
                self.reporter.disconnected()
                self.delivery.disconnected()
                self._announcer.disconnected()
            case Acknowledged(token) if not self._former_topics.acknowledged(token):
                self.delivery.acknowledged(token)
            case Unheard(token):
                self._unheard(token)
            case Refused(token) if not self._former_topics.refused(token):
                self.delivery.refused(token)
            case Retained() as answer:
                self._former_topics.answered(answer)
            case Withheld():
                self.reporter.publish_health()
            case Incoming() as message if not self._announcer.takes(message):
                self._commands.take(message)

    def _unheard(self, token: int) -> None:
        """Count a record that the broker took although nobody had subscribed; then keep or forget it, as configured."""
        self.without_subscriber += 1
        if self._keep_unheard:
            self.delivery.refused(token)
        else:
            self.delivery.acknowledged(token)

    def _connected(self, protocol: Protocol, window: int) -> None:
        self.delivery.connected(window)
        self.reporter.connected(protocol)
        self._former_topics.connected(protocol)
        self._announcer.connected()
        self.publish_info()
        self.reporter.publish_health()
        self.reporter.publish_pause(self._observer.heartbeat)

    @property
    def _offline(self) -> Message:
        return Message(self.topics.status, "offline", retain=True, name="status")

    def _publish(self, message: Message) -> None:
        self._session.publish(message)

    def _ask(self, question: Question) -> None:
        self._session.ask(question)
