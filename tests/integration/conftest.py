"""Sessions, certificates and a broker that asks for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Mosquitto
from tests.support.certificates import Authority
from tests.support.peer import Peer


@pytest.fixture
def peers() -> Iterator[list[Peer]]:
    started: list[Peer] = []
    yield started
    for peer in started:
        peer.stop()


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private CA, a certificate for 127.0.0.1, one for another name, one for the device, a CA that signed nothing."""
    folder = tmp_path_factory.mktemp("certificates")
    authority = Authority(folder)
    authority.issue("broker")
    authority.issue("device")
    authority.issue("named", alternative="DNS:broker.school.example")
    Authority(folder, "other-ca")
    return folder


@pytest.fixture
def secure_broker(tmp_path: Path, certificates: Path) -> Iterator[Mosquitto]:
    lines = [
        f"{key} {certificates / file}"
        for key, file in (("cafile", "ca.crt"), ("certfile", "broker.crt"), ("keyfile", "broker.key"))
    ]
    broker = Mosquitto(tmp_path, "\n".join([*lines, "require_certificate true", "use_identity_as_username true"]))
    broker.start()
    yield broker
    broker.stop()
