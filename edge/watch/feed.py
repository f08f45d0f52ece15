"""The connection to the broker: one attempt at a time, again with jitter, nothing stored on the broker."""

import contextlib
import queue
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping

from edge.config import Mqtt
from edge.mqtt.client import Connector, Login
from edge.mqtt.connection import Connection
from edge.mqtt.credentials import Secrets
from edge.mqtt.errors import BrokerError
from edge.mqtt.events import Incoming, Subscribed
from edge.system.backoff import Backoff
from edge.watch.inbox import topics

_MAX_MESSAGES = 10_000
"""Messages between connection and display; what does not fit is counted and dropped."""
_POLL_SECONDS = 0.5
_STABLE_SECONDS = 30.0
"""A connection that lasted so long resets the back-off."""
_NO_RIGHTS = "; this user may read no topic here: check the broker's access list, --site and --base"
_SILENT_SECONDS = 5.0
"""After the subscriptions: the retained status of every device has come by then."""


class Feed:
    """Brings what arrives into `messages`; runs in a thread of its own.

    Attributes:
        messages: topic and payload.
        state: one line on the connection, for a person.
        error: why there is no connection now; None while there is one, and before the first attempt has ended.
        heard_at: monotonic time at which the broker first answered the subscriptions; None before.
        overflow: messages dropped because they were not taken in time.

    """

    def __init__(
        self, mqtt: Mqtt, shown: Secrets, site: str, device: str, setting_names: Mapping[str, str] | None = None
    ) -> None:
        """Prepare; nothing is connected before `start`; `setting_names` replace keys of a configuration in remedies."""
        self.messages: queue.Queue[tuple[str, bytes]] = queue.Queue(_MAX_MESSAGES)
        self.state = "connecting"
        self.error: BrokerError | None = None
        self.heard_at: float | None = None
        self.overflow = 0
        self._setting_names = setting_names or {}
        self._mqtt = mqtt
        self._topics = topics(mqtt.base, site, device)
        self._connector = Connector(Login(mqtt, shown, f"emotion-edge-watch-{secrets.token_hex(4)}"))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self._say: Callable[[str], None] = lambda _line: None

    @property
    def connected(self) -> bool:
        """Whether messages can arrive now."""
        return self.heard_at is not None and self.error is None

    def start(self, say: Callable[[str], None]) -> None:
        """Connect in the background; `say` gets a line at each change of the connection."""
        self._say = say
        self._thread.start()

    def take(self, seconds: float) -> Iterator[tuple[str, bytes]]:
        """Yield topic and payload of what has come, at most as many as are kept; wait so long for the first."""
        with contextlib.suppress(queue.Empty):
            yield self.messages.get(timeout=seconds)
            for _ in range(self.messages.maxsize - 1):
                yield self.messages.get_nowait()

    def close(self) -> None:
        """Hang up; wait at most as long as an attempt to connect may last."""
        self._stop.set()
        self._thread.join(self._mqtt.connect_seconds + 2 * _POLL_SECONDS)

    def _run(self) -> None:
        backoff = Backoff(self._mqtt.retry_cap_seconds)
        attempt = 0
        while not self._stop.is_set():
            broker = self._mqtt.brokers[attempt % len(self._mqtt.brokers)]
            attempt += 1
            try:
                with contextlib.closing(self._connector.connect(broker, self._stop.is_set)) as connection:
                    self._serve(connection, backoff)
            except BrokerError as error:
                if self._stop.is_set():
                    return
                self.error = error.name_settings(self._setting_names)
                self._change(f"{error}; trying again")
            self._stop.wait(backoff.next())

    def _serve(self, connection: Connection, backoff: Backoff) -> None:
        """Take in what comes until the end was asked for; raise `BrokerError` where the connection ends before."""
        begun = time.monotonic()
        silent_at: float | None = None
        connection.subscribe(self._topics)
        while not self._stop.is_set():
            for event in connection.poll(_POLL_SECONDS):
                match event:
                    case Subscribed(granted):
                        self.error = None
                        self._change(f"connected to {connection.broker}{'' if any(granted) else _NO_RIGHTS}")
                        self.heard_at = self.heard_at or time.monotonic()
                        silent_at = time.monotonic() + _SILENT_SECONDS if any(granted) else None
                    case Incoming():
                        silent_at = None
                        self._keep(event)
            if silent_at is not None and time.monotonic() > silent_at:
                silent_at = None
                self._change(f"connected to {connection.broker}; {self._why_silent()}")
            if time.monotonic() - begun > _STABLE_SECONDS:
                backoff.reset()
        connection.disconnect()

    def _why_silent(self) -> str:
        """Return what is known where the broker grants the subscription and sends not even a retained status."""
        site = self._topics[0][0].removeprefix(f"{self._mqtt.base}/").split("/")[0]
        right = f"read {self._mqtt.base}/{'SITE' if site == '+' else site}/#"
        if self._mqtt.cert_file:
            remedy = "emotion-edge-credentials dashboard SITE NAME, then watch --url mqtts://NAME@HOST:8884 --ca ca.crt"
            return (
                f"nothing arrives: the certificate of a device lacks the right `{right}`; on the broker make a user "
                f"that has it: {remedy}"
            )
        return f"nothing arrives: no device has published here, or this user lacks the right `{right}`"

    def _change(self, line: str) -> None:
        if line != self.state:
            self.state = line
            self._say(line)

    def _keep(self, message: Incoming) -> None:
        try:
            self.messages.put_nowait((message.topic, message.payload))
        except queue.Full:
            self.overflow += 1
