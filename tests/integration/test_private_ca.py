"""Certificates as the manuals make them: accepted on every version of Python, with one warning where they are weak."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.config import Settings
from edge.doctor import broker as doctor
from edge.mqtt.client import Connector, Login
from edge.mqtt.credentials import read_secrets
from edge.mqtt.errors import CertificateHostMismatch, CertificateNotTrusted
from edge.mqtt.events import Connected, Disconnected
from tests.conftest import Mosquitto, until
from tests.support.certificates import Authority, sign_as_manuals_do
from tests.support.peer import Peer

WEAK = {
    "no key usage": "basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n",
    "basic constraints not critical": (
        "basicConstraints=CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
    ),
    "version 1": "",
}
WARNING = "the certificate is accepted, but fails the checks of RFC 5280"


@pytest.fixture
def brokers() -> Iterator[list[Mosquitto]]:
    started: list[Mosquitto] = []
    yield started
    for broker in started:
        broker.stop()


def start(folder: Path, brokers: list[Mosquitto]) -> tuple[Mosquitto, dict[str, Any]]:
    lines = f"certfile {folder}/server.crt\nkeyfile {folder}/server.key\nallow_anonymous true"
    broker = Mosquitto(folder, lines)
    broker.start()
    brokers.append(broker)
    return broker, {"url": f"mqtts://127.0.0.1:{broker.port}", "ca_file": f"{folder}/ca.crt"}


@pytest.mark.parametrize("kind", WEAK)
def test_a_ca_as_manuals_make_it_is_accepted_with_one_warning(
    kind: str, tmp_path: Path, brokers: list[Mosquitto], peers: list[Peer], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sign_as_manuals_do(tmp_path, WEAK[kind])
    broker, values = start(tmp_path, brokers)
    peers.append(Peer(0, **values))
    peers[0].next(Connected)
    until(lambda: WARNING in caplog.text)
    broker.stop()
    peers[0].next(Disconnected)
    broker.start()
    peers[0].next(Connected)
    until(lambda: caplog.text.count("connected (MQTT") == 2)
    assert caplog.text.count(WARNING) == 1

    findings = list(doctor.check(Settings.model_validate({"device": {"id": "pi-test"}, "mqtt": values})))
    assert [finding.state for finding in findings if WARNING in finding.sentence] == ["warning"]
    assert not [finding for finding in findings if finding.state == "failed"]


def test_what_the_warning_asks_for_ends_the_warning(
    tmp_path: Path, brokers: list[Mosquitto], peers: list[Peer], caplog: pytest.LogCaptureFixture
) -> None:
    sign_as_manuals_do(tmp_path)
    _broker, values = start(tmp_path, brokers)
    peers.append(Peer(0, **values))
    until(lambda: WARNING in caplog.text)
    wanted = re.search(
        r"make the CA with (\S+) and (\S+), and the broker's certificate with (\S+) \(deploy/broker does\)", caplog.text
    )
    assert wanted
    (tmp_path / "better").mkdir()
    sign_as_manuals_do(tmp_path / "better", f"{wanted[1]}\n{wanted[2]}\n", f"{wanted[3]}\n")
    _broker, values = start(tmp_path / "better", brokers)
    caplog.clear()
    peers.append(Peer(0, **values))
    peers[1].next(Connected)
    assert WARNING not in caplog.text


def test_a_weak_ca_loosens_neither_the_chain_nor_the_name(tmp_path: Path, brokers: list[Mosquitto]) -> None:
    sign_as_manuals_do(tmp_path)
    _broker, values = start(tmp_path, brokers)
    Authority(tmp_path, "other")

    def connect(**changed: str) -> None:
        settings = Settings.model_validate({"device": {"id": "pi-test"}, "mqtt": values | changed}).mqtt
        Connector(Login(settings, read_secrets(settings), "emotion-edge-test")).connect(settings.brokers[0])

    with pytest.raises(CertificateNotTrusted, match=r"certificate not trusted .*; set mqtt.ca_file to its CA"):
        connect(ca_file=f"{tmp_path}/other.crt")
    with pytest.raises(CertificateHostMismatch):
        connect(tls_server_name="broker.school.example")


def test_a_certificate_that_may_not_sign_is_not_blamed_on_the_ca_file(
    tmp_path: Path, brokers: list[Mosquitto], peers: list[Peer], caplog: pytest.LogCaptureFixture
) -> None:
    sign_as_manuals_do(tmp_path, "basicConstraints=CA:FALSE\n")
    _broker, values = start(tmp_path, brokers)
    peers.append(Peer(0, **values))
    until(lambda: "certificate not trusted" in caplog.text)
    assert "make the broker's certificate and its CA again, see deploy/broker" in caplog.text


@pytest.mark.parametrize("shown", [{}, {"cert_file": "device.crt", "key_file": "device.key"}], ids=["none", "other CA"])
def test_a_broker_that_does_not_accept_the_devices_certificate_is_named(
    shown: dict[str, str], tmp_path: Path, brokers: list[Mosquitto], peers: list[Peer], caplog: pytest.LogCaptureFixture
) -> None:
    """TLS 1.3 says so after the handshake, as an alert."""
    Authority(tmp_path).issue("server")
    Authority(tmp_path, "other").issue("device")
    files = f"cafile {tmp_path}/ca.crt\ncertfile {tmp_path}/server.crt\nkeyfile {tmp_path}/server.key"
    broker = Mosquitto(tmp_path, f"{files}\nrequire_certificate true\nallow_anonymous true")
    broker.start()
    brokers.append(broker)
    values = {key: str(tmp_path / name) for key, name in {"ca_file": "ca.crt", **shown}.items()}
    peers.append(Peer(0, url=f"mqtts://127.0.0.1:{broker.port}", **values))
    until(lambda: "does not accept this device's certificate" in caplog.text)
    assert "gives no answer" not in caplog.text


@pytest.mark.parametrize("is_revoked", [False, True], ids=["expired", "revoked"])
def test_a_certificate_of_the_device_that_has_ended_is_not_blamed_on_the_ca(
    is_revoked: bool,  # noqa: FBT001
    tmp_path: Path,
    brokers: list[Mosquitto],
    peers: list[Peer],
    caplog: pytest.LogCaptureFixture,
) -> None:
    authority = Authority(tmp_path)
    authority.issue("server")
    authority.issue("device", days=2 if is_revoked else -1)
    files = f"cafile {tmp_path}/ca.crt\ncertfile {tmp_path}/server.crt\nkeyfile {tmp_path}/server.key"
    if is_revoked:
        authority.revoke("device")
        files += f"\ncrlfile {tmp_path}/ca.crl"
    broker = Mosquitto(tmp_path, f"{files}\nrequire_certificate true\nallow_anonymous true")
    broker.start()
    brokers.append(broker)
    names = {"ca_file": "ca.crt", "cert_file": "device.crt", "key_file": "device.key"}
    values = {key: str(tmp_path / name) for key, name in names.items()}
    peers.append(Peer(0, url=f"mqtts://127.0.0.1:{broker.port}", **values))
    until(lambda: "does not accept this device's certificate" in caplog.text)
    assert ("get a new certificate" if is_revoked else "renew it") in caplog.text
    assert "then: systemctl restart emotion-edge-publisher" in caplog.text
    assert "of the CA that the broker trusts" not in caplog.text
