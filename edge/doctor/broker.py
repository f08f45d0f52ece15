"""The broker in stages: name, TCP, TLS, login, publish, subscribe back. The first that fails ends the look at it."""

import contextlib
import queue
import secrets
import socket
import time
from collections.abc import Callable, Iterator

from edge.config import Broker, Settings
from edge.contract.topics import Topics
from edge.doctor.finding import Finding, failed
from edge.errors import EX_UNAVAILABLE, EdgeError
from edge.mqtt.client import ReasonCode, new_client
from edge.mqtt.credentials import Secrets, read_secrets
from edge.mqtt.protocol import VERSIONS, Version
from edge.mqtt.refusals import explain, explain_refusal
from edge.system.identity import device_id

_Events = queue.SimpleQueue[tuple[str, ReasonCode | None]]


def check(settings: Settings) -> Iterator[Finding]:
    """Try every broker of `mqtt.url`, in order."""
    try:
        known = read_secrets(settings.mqtt)
        topics = Topics(settings, device_id(settings))
    except EdgeError as error:
        yield failed("broker.credentials", error)
        return
    for broker in settings.mqtt.brokers:
        yield from _stages(settings, broker, known, topics)


def _stages(settings: Settings, broker: Broker, known: Secrets, topics: Topics) -> Iterator[Finding]:
    stage = "dns"
    try:
        addresses = socket.getaddrinfo(broker.host, broker.port, type=socket.SOCK_STREAM)
        yield Finding("broker.dns", "ok", f"{broker.host} is {addresses[0][4][0]}")
        stage = "tcp"
        with socket.create_connection((broker.host, broker.port), settings.mqtt.connect_seconds) as connection:
            yield Finding("broker.tcp", "ok", f"{broker} accepts connections")
            if broker.tls and known.tls is not None:
                stage = "tls"
                with known.tls.wrap_socket(connection, server_hostname=broker.host) as secure:
                    yield Finding("broker.tls", "ok", f"{secure.version()}, the certificate is trusted")
        stage = "login"
        for protocol in VERSIONS[settings.mqtt.protocol]:
            findings = list(_talk(settings, broker, known, topics, protocol))
            if findings[0].state == "ok":
                break  # else the older protocol, as the publisher does
        yield from findings
    except OSError as error:
        problem, _, remedy = explain(error, broker, settings.mqtt).rpartition("; ")
        yield Finding(f"broker.{stage}", "failed", problem, remedy, EX_UNAVAILABLE)


def _talk(settings: Settings, broker: Broker, known: Secrets, topics: Topics, protocol: Version) -> Iterator[Finding]:
    """Log in beside the running device, under a name of its own, and send a word to itself.

    On a topic that the contract does not have; the access list of deploy/broker permits it both ways.
    """
    name = f"emotion-edge-doctor-{secrets.token_hex(4)}"
    client = new_client(settings.mqtt, known, broker, name, protocol)
    events: _Events = queue.SimpleQueue()
    arrived: dict[str, ReasonCode | None] = {}  # in whatever order the broker answers
    client.on_connect = lambda _client, _user, _flags, reason, _properties: events.put(("login", reason))
    client.on_subscribe = lambda _client, _user, _mid, reasons, _properties: events.put(("subscribe", reasons[0]))
    client.on_publish = lambda _client, _user, _mid, reason, _properties: events.put(("publish", reason))
    client.on_message = lambda _client, _user, _message: events.put(("back", None))
    topic = f"{topics.counts.removesuffix('/counts')}/doctor/set"
    acts: dict[str, tuple[str, Callable[[], object]]] = {
        "login": ("the broker lets this device in", lambda: None),
        "subscribe": ("commands can be heard", lambda: client.subscribe(topic, qos=1)),
        "publish": ("records are taken", lambda: client.publish(topic, name, qos=1)),
        "back": ("what was published came back", lambda: None),
    }
    client.connect(broker.host, broker.port)
    client.loop_start()
    try:
        for stage, (well, act) in acts.items():
            act()
            problem = _problem(events, arrived, stage, broker, settings.mqtt.connect_seconds)
            if problem:
                sentence, _, remedy = problem.rpartition("; ")
                yield Finding(f"broker.{stage}", "failed", sentence, remedy, EX_UNAVAILABLE)
                return
            yield Finding(f"broker.{stage}", "ok", well)
    finally:
        client.disconnect()
        client.loop_stop()


def _problem(events: _Events, arrived: dict[str, ReasonCode | None], stage: str, broker: Broker, seconds: float) -> str:
    """Wait for what a stage has to bring; return what was wrong with it, or nothing."""
    until = time.monotonic() + seconds
    while stage not in arrived and (left := until - time.monotonic()) > 0:
        with contextlib.suppress(queue.Empty):
            name, answer = events.get(timeout=left)
            arrived[name] = answer
    if stage not in arrived:
        return f"broker {broker}: no answer to {stage} within {seconds:g} s; check its log and its access list"
    reason = arrived[stage]
    return explain_refusal(reason, broker) if reason is not None and reason.is_failure else ""
