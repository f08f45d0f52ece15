"""The connection to the broker: one attempt at a time, again with jitter, nothing kept on the broker."""

import queue
import secrets
import threading
import time
from collections.abc import Callable

from edge.config import Broker, Mqtt
from edge.mqtt.client import SUCCESS, Client, MQTTMessage, ReasonCode, new_client
from edge.mqtt.credentials import Secrets
from edge.mqtt.protocol import MQTT_3_1_1, VERSIONS, Version
from edge.mqtt.refusals import explain, explain_refusal
from edge.system.backoff import Backoff
from edge.watch.inbox import topics

_WAITING = 10_000
"""Messages between connection and display; what does not fit is counted and dropped."""
_TURN = 0.5
_LIVED = 30.0
"""Seconds after which a connection counts as a good one."""
_NO_RIGHTS = ", which lets this user read nothing here; check its access list, --site and --base"


class Feed:
    """Brings what arrives into `messages`; runs in a thread of its own.

    Attributes:
        messages: topic and payload.
        state: one line on the connection, for a person.
        connected: whether messages can arrive now.
        heard: set once a connection stood and the subscriptions were granted.
        overflow: messages dropped because nobody took them in time.

    """

    def __init__(
        self, mqtt: Mqtt, shown: Secrets, site: str, device: str, in_words: Callable[[str], str] = lambda line: line
    ) -> None:
        """Prepare; nothing is connected before `start`; `in_words` rewrites lines on the connection."""
        self._in_words = in_words
        self.messages: queue.Queue[tuple[str, bytes]] = queue.Queue(_WAITING)
        self.state = "connecting"
        self.connected = False
        self.heard = threading.Event()
        self.overflow = 0
        self._mqtt = mqtt
        self._topics = topics(mqtt.base, site, device)
        self._secrets = shown
        self._backoff = Backoff(mqtt.retry_cap_seconds)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed", daemon=True)
        self._say: Callable[[str], None] = lambda _line: None

    def start(self, say: Callable[[str], None]) -> None:
        """Connect in the background; `say` hears a line at each change of the connection."""
        self._say = say
        self._thread.start()

    def close(self) -> None:
        """Hang up; wait at most as long as an attempt to connect may last."""
        self._stop.set()
        self._thread.join(self._mqtt.connect_seconds + 2 * _TURN)

    def _run(self) -> None:
        attempt = 0
        protocol = VERSIONS[self._mqtt.protocol][0]
        while not self._stop.is_set():
            broker = self._mqtt.brokers[attempt % len(self._mqtt.brokers)]
            attempt += 1
            begun = time.monotonic()
            line = self._attend(broker, protocol)
            if self._stop.is_set():
                return
            if self.connected and time.monotonic() - begun > _LIVED:
                self._backoff.reset()
            elif "Unsupported protocol version" in line:
                protocol = MQTT_3_1_1
            self._change(f"{line}; trying again", connected=False)
            self._stop.wait(self._backoff.next())

    def _attend(self, broker: Broker, protocol: Version) -> str:
        """Serve one connection to its end; return why it ended."""
        name = f"emotion-edge-watch-{secrets.token_hex(4)}"
        client = new_client(self._mqtt, self._secrets, broker, name, protocol)
        why = f"broker {broker}: the connection was lost"

        def on_connect(client: Client, _u: object, _flags: object, reason: ReasonCode, _p: object) -> None:
            nonlocal why
            if reason.is_failure:
                why = explain_refusal(reason, broker)
                return
            client.subscribe(self._topics)

        def on_subscribe(_c: object, _u: object, _mid: object, granted: list[ReasonCode], _p: object) -> None:
            none = all(reason.is_failure for reason in granted)
            self._change(f"connected to {broker}{_NO_RIGHTS if none else ''}", connected=True)
            self.heard.set()

        client.on_connect = on_connect
        client.on_subscribe = on_subscribe
        client.on_message = self._on_message
        try:
            client.connect(broker.host, broker.port, self._mqtt.keepalive_seconds)
            while client.loop(_TURN) == SUCCESS:
                if self._stop.is_set():
                    client.disconnect()
                    break
        except OSError as error:
            return explain(error, broker, self._mqtt)
        except UnicodeError:  # a name with an empty or an overlong label
            return f"broker {broker}: is no host name; correct mqtt.url"
        return why

    def _change(self, line: str, *, connected: bool) -> None:
        self.connected = connected
        line = self._in_words(line)
        if line != self.state:
            self.state = line
            self._say(line)

    def _on_message(self, _client: object, _user: object, message: MQTTMessage) -> None:
        try:
            self.messages.put_nowait((message.topic, bytes(message.payload)))
        except queue.Full:
            self.overflow += 1
