"""Whatever is wrong with a broker has one name, whichever part of the product meets it."""

import contextlib
import logging
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.config import Settings
from edge.doctor import broker as doctor
from edge.mqtt import errors
from edge.mqtt.client import Connector, Login
from edge.mqtt.credentials import read_secrets
from edge.mqtt.errors import BrokerError
from edge.mqtt.events import Message
from edge.mqtt.session import Session
from edge.publisher.decommission import decommission
from edge.simulation.fleet import Fleet
from edge.simulation.tally import Tally
from edge.watch.feed import Feed
from tests.conftest import Mosquitto, free_port, until
from tests.support.certificates import Authority
from tests.support.scripted import Scripted

Stack = contextlib.ExitStack


def scripted(stack: Stack, answer: bytes, *, hangs_up: bool = False) -> int:
    server = Scripted(answer, hangs_up=hangs_up)
    stack.callback(server.close)
    return server.port


def mosquitto(stack: Stack, folder: Path, lines: str) -> int:
    broker = Mosquitto(folder, lines)
    broker.start()
    stack.callback(broker.stop)
    return broker.port


def silent(stack: Stack) -> int:
    return int(stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1])


def secured(
    stack: Stack, folder: Path, *, days: int = 2, names: str = "IP:127.0.0.1", ca: str = "ca"
) -> dict[str, Any]:
    """Start a broker with a certificate of the authority `ca`; return settings that trust it."""
    authority = Authority(folder)
    Authority(folder, "other")
    authority.issue("server", days, names)
    lines = f"certfile {folder}/server.crt\nkeyfile {folder}/server.key\nallow_anonymous true"
    return {"url": f"mqtts://127.0.0.1:{mosquitto(stack, folder, lines)}", "ca_file": f"{folder}/{ca}.crt"}


def with_password(stack: Stack, folder: Path) -> dict[str, Any]:
    subprocess.run(["mosquitto_passwd", "-b", "-c", folder / "users", "pi", "right"], check=True)
    (folder / "users").chmod(0o600)
    (folder / "password").write_text("wrong\n")
    port = mosquitto(stack, folder, f"allow_anonymous false\npassword_file {folder / 'users'}")
    return {"url": f"mqtt://127.0.0.1:{port}", "username": "pi", "password_file": str(folder / "password")}


def plain(port: int) -> dict[str, Any]:
    return {"url": f"mqtt://127.0.0.1:{port}"}


def websocket(port: int) -> dict[str, Any]:
    return {"url": f"ws://127.0.0.1:{port}/mqtt"}


BAD_HEADER = b"HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nsec-websocket-accept:\xff\r\n\r\n"
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\n\r\n"
REFUSED_MQTT_5 = bytes.fromhex("2003008400")
BANNED = bytes.fromhex("2003008a00")

Make = Callable[[Stack, Path], dict[str, Any]]
CASES: dict[str, tuple[type[BrokerError], str, Make]] = {
    "no host name": (errors.InvalidBrokerName, "dns", lambda _s, _f: {"url": "mqtts://broker..school.example"}),
    "unknown name": (errors.NameNotResolved, "dns", lambda _s, _f: {"url": "mqtts://broker.invalid"}),
    "nothing listens": (errors.BrokerRefusedConnection, "tcp", lambda _s, _f: plain(free_port())),
    "TLS, silent": (errors.BrokerTimeout, "tls", lambda s, _f: {"url": f"mqtts://127.0.0.1:{silent(s)}"}),
    "no TLS": (errors.TlsError, "tls", lambda s, _f: {"url": f"mqtts://127.0.0.1:{scripted(s, NOT_FOUND)}"}),
    "unknown CA": (errors.CertificateNotTrusted, "tls", lambda s, f: secured(s, f, ca="other")),
    "expired": (errors.CertificateExpired, "tls", lambda s, f: secured(s, f, days=-1)),
    "another IP": (errors.CertificateHostMismatch, "tls", lambda s, f: secured(s, f, names="IP:127.0.0.2")),
    "another name": (
        errors.CertificateHostMismatch,
        "tls",
        lambda s, f: secured(s, f, names="DNS:a.example") | {"tls_server_name": "b.example"},
    ),
    "no server name": (
        errors.InvalidBrokerName,
        "dns",
        lambda s, f: secured(s, f) | {"tls_server_name": "b..example"},
    ),
    "bad WebSocket header": (errors.WebSocketError, "websocket", lambda s, _f: websocket(scripted(s, BAD_HEADER))),
    "no WebSocket": (errors.WebSocketError, "websocket", lambda s, _f: websocket(scripted(s, NOT_FOUND))),
    "WebSocket, silent": (errors.BrokerTimeout, "websocket", lambda s, _f: websocket(silent(s))),
    "wrong password": (errors.AuthenticationFailed, "login", with_password),
    "no MQTT 5": (errors.ProtocolNotSupported, "login", lambda s, _f: plain(scripted(s, REFUSED_MQTT_5))),
    "banned": (errors.BrokerRefusal, "login", lambda s, _f: plain(scripted(s, BANNED))),
    "silent": (errors.NoAnswer, "login", lambda s, _f: plain(silent(s))),
    "hangs up": (errors.BrokerHungUp, "login", lambda s, _f: plain(scripted(s, b"", hangs_up=True))),
}


@pytest.fixture
def stack() -> Iterator[Stack]:
    with contextlib.ExitStack() as opened:
        yield opened


@pytest.mark.parametrize("name", CASES)
def test_one_error_by_every_way(name: str, tmp_path: Path, stack: Stack, caplog: pytest.LogCaptureFixture) -> None:
    kind, stage, make = CASES[name]
    waits = kind in {errors.BrokerTimeout, errors.NoAnswer}  # else a slow machine must not make one of these of it
    quick = {"protocol": "5", "connect_seconds": 1 if waits else 60, "retry_cap_seconds": 1}
    values = {"device": {"id": "pi-test"}, "mqtt": quick | make(stack, tmp_path), "spool": {"directory": str(tmp_path)}}
    settings = Settings.model_validate(values)
    shown = Login(settings.mqtt, read_secrets(settings.mqtt), "emotion-edge-test")

    with pytest.raises(BrokerError) as caught:
        Connector(shown).connect(settings.mqtt.brokers[0])
    error = caught.value
    assert (type(error), error.stage) == (kind, stage)
    assert error.remedy
    assert "wrong" not in str(error), "the password"

    *passed, finding = doctor.check(settings)
    assert finding.code == f"broker.{stage}"
    assert (finding.sentence, finding.remedy) == (f"{error.thing}: {error.problem}", error.remedy)
    assert all(earlier.state == "ok" for earlier in passed)

    feed = Feed(settings.mqtt, shown.secrets, "", "")
    feed.start(lambda _line: None)
    until(lambda: feed.error)
    feed.close()
    assert feed.error is not None
    assert feed.error.facts == error.facts

    with pytest.raises(kind) as raised:
        decommission(settings)
    assert raised.value.facts == error.facts

    caplog.set_level(logging.WARNING)
    session = Session(settings.mqtt, "emotion-edge-test", Message("status", "offline"), lambda _event: None)
    session.start()
    until(lambda: caplog.messages)
    session.stop(Message("status", "offline"))
    assert set(caplog.messages) == {str(error)}

    caplog.clear()
    stop = threading.Event()
    fleet = threading.Thread(target=lambda: Fleet(settings, 1).run(stop, _ignore))
    fleet.start()
    with contextlib.ExitStack() as ending:
        ending.callback(fleet.join)
        ending.callback(stop.set)
        if kind is not errors.NoAnswer:  # a fleet does not wait for one device: its keep-alive ends that
            until(lambda: caplog.messages)
            assert set(caplog.messages) == {str(error)}


def _ignore(_tally: Tally) -> None:
    """The counts are not what this is about."""
