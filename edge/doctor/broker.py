"""The broker in stages: name, TCP, TLS, WebSocket, login, subscribe, publish, and back. The first failure ends it."""

import contextlib
import secrets
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import get_args

from edge.config import CREDENTIAL, Broker, Settings
from edge.contract.topics import Topics
from edge.doctor.certificate import end_of
from edge.doctor.finding import Finding, failed
from edge.doctor.handed_over import copy_in_use, outdated
from edge.errors import EdgeError
from edge.mqtt.client import Connector, Login
from edge.mqtt.connection import Connection
from edge.mqtt.credentials import path, read_secrets
from edge.mqtt.errors import BrokerError, Stage
from edge.mqtt.events import Incoming, Message, Published, Subscribed
from edge.system.identity import device_id
from edge.system.service import CONNECTED
from edge.system.units import PUBLISHER, unit_properties

_LEAST_LEFT = timedelta(days=30)
_RESTART = f"sudo systemctl restart {PUBLISHER.removesuffix('.service')}"
_STAGES: tuple[Stage, ...] = get_args(Stage)


def check(settings: Settings) -> Iterator[Finding]:
    """Try every broker of `mqtt.url`, in order; where the installed publisher has a connection, none.

    The doctor would log in as the publisher does, and a broker that makes the user name the client id (as that of
    deploy/broker) then ends the publisher's session.
    """
    try:
        name = f"emotion-edge-doctor-{secrets.token_hex(4)}"
        connector = Connector(Login(settings.mqtt, read_secrets(settings.mqtt), name))
        topics = Topics(settings, device_id(settings))
    except EdgeError as error:
        yield failed("broker.credentials", error)
        return
    yield from _certificate(settings)
    yield from _outdated(settings)
    publisher = unit_properties(PUBLISHER)
    # systemd keeps the last line of a service that has ended.
    if publisher.get("ActiveState") == "active" and CONNECTED in publisher.get("StatusText", ""):
        sentence = "the publisher of this device has a connection, so doctor makes none beside it"
        yield Finding("broker.session", "ok", sentence)
        return
    for broker in settings.mqtt.brokers:
        try:
            connection = connector.connect(broker)
        except BrokerError as error:
            yield from _passed(broker, error.stage, error.address, error.tls)
            yield failed(f"broker.{error.stage}", error)
            continue
        with contextlib.closing(connection):
            yield from _passed(broker, "session", connection.address, connection.tls)
            if (weakness := connection.weakness) is not None:
                yield Finding("broker.tls", "warning", f"{weakness.thing}: {weakness.problem}", weakness.remedy)
            yield from _talk(connection, topics, name, settings.mqtt.connect_seconds)
            connection.disconnect()


def _certificate(settings: Settings) -> Iterator[Finding]:
    """Say when the certificate of this device ends; nothing where it has none, or openssl is not there.

    It is the one that the running publisher uses, where that is another one than the file.
    """
    named = settings.mqtt.cert_file
    if not named:
        return
    used = copy_in_use(PUBLISHER, named)
    if (end := end_of(used or path(settings.mqtt, "cert_file"))) is None:
        return
    sentence = f"the certificate of this device is valid until {end:%Y-%m-%d}"
    if end - datetime.now(UTC) > _LEAST_LEFT:
        yield Finding("broker.certificate", "ok", sentence, ends=end.isoformat())
        return
    remedy = "on the broker: emotion-edge-credentials renew; then copy the new devices/ID.crt to this device"
    remedy += f", and: {_RESTART}" if named.startswith(CREDENTIAL) else ""
    yield Finding("broker.certificate", "warning", sentence, _RESTART if used else remedy, ends=end.isoformat())


def _outdated(settings: Settings) -> Iterator[Finding]:
    """Say which files were renewed that the running publisher does not use yet."""
    mqtt = settings.mqtt
    if names := outdated(PUBLISHER, (mqtt.ca_file, mqtt.cert_file, mqtt.key_file, mqtt.password_file)):
        sentence = f"the running publisher still uses another {', '.join(names)} than /etc/credstore has"
        yield Finding("broker.credentials", "warning", sentence, _RESTART)


def _passed(broker: Broker, until: Stage, address: str, tls: str) -> Iterator[Finding]:
    """Yield a finding for each stage before `until`."""
    sentences: dict[Stage, str] = {"dns": f"{broker.host} is {address}", "tcp": f"{broker} accepts connections"}
    if broker.tls:
        sentences["tls"] = f"{tls}, the certificate is trusted"
    if broker.websocket:
        sentences["websocket"] = f"MQTT by WebSocket on {broker.path}"
    sentences["login"] = "the broker accepts this device"
    for stage, sentence in sentences.items():
        if _STAGES.index(stage) < _STAGES.index(until):
            yield Finding(f"broker.{stage}", "ok", sentence)


def _talk(connection: Connection, topics: Topics, text: str, seconds: float) -> Iterator[Finding]:
    """Publish `text` to ourselves, on a topic that the contract does not have; deploy/broker permits it both ways."""
    topic = f"{topics.counts.removesuffix('/counts')}/doctor/set"
    inbox = _Inbox(connection, seconds)
    try:
        connection.subscribe([(topic, 1)])
        yield inbox.await_stage("subscribe", "this device may receive commands")
        connection.publish(Message(topic, text))
        yield inbox.await_stage("publish", "this device may publish records")
        yield inbox.await_stage("back", "what was published came back")
    except BrokerError as error:
        yield failed(f"broker.{inbox.stage}", error)


class _Inbox:
    """What the broker has answered so far, in whatever order."""

    def __init__(self, connection: Connection, seconds: float) -> None:
        self.stage = "subscribe"
        self._connection = connection
        self._seconds = seconds
        self._answers: dict[str, BrokerError | None] = {}

    def await_stage(self, stage: str, sentence: str) -> Finding:
        """Return the finding of a stage that went well; raise `BrokerError` where it did not, or there is no answer."""
        self.stage = stage
        broker = self._connection.broker
        until = time.monotonic() + self._seconds
        while stage not in self._answers and (left := until - time.monotonic()) > 0:
            for event in self._connection.poll(min(left, 1.0)):
                match event:
                    case Subscribed(granted):
                        refused = BrokerError(broker, "refused the subscription", "check the broker's access list")
                        self._answers["subscribe"] = None if all(granted) else refused
                    case Published():
                        self._answers["publish"] = event.error
                    case Incoming():
                        self._answers["back"] = None
        if stage not in self._answers:
            problem = f"no answer to {stage} within {self._seconds:g} s"
            raise BrokerError(broker, problem, "check its log and its access list")
        if error := self._answers[stage]:
            raise error
        return Finding(f"broker.{stage}", "ok", sentence)
