"""The network loses packets, falls silent, hears only half."""

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Mosquitto, until
from tests.faults.road import FULL, UNLIMITED, Road, Witness
from tests.faults.wire import BROKER, Wire

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not os.access("/dev/net/tun", os.W_OK) or shutil.which("ip") is None,
    reason="needs root, /dev/net/tun and ip (iproute2) for network namespaces",
)

RECORDS = 300 if FULL else 40


@pytest.fixture
def wire() -> Iterator[Wire]:
    with Wire() as both:
        yield both


@pytest.fixture
def broker(tmp_path: Path, wire: Wire) -> Iterator[Mosquitto]:
    """A broker in its own namespace; the witness reaches it by a socket that no loss touches."""
    lines = f"allow_anonymous true\n{UNLIMITED}\nlistener 0 {tmp_path}/witness.sock"
    mosquitto = Mosquitto(tmp_path, lines, BROKER, ("ip", "netns", "exec", wire.broker))
    mosquitto.start()
    yield mosquitto
    mosquitto.stop()


@pytest.fixture
def witness(tmp_path: Path, broker: Mosquitto) -> Iterator[Witness]:
    assert broker
    seen = Witness(str(tmp_path / "witness.sock"))
    until(lambda: seen.subscribed)
    yield seen
    seen.close()


@pytest.fixture
def road(tmp_path: Path, broker: Mosquitto, wire: Wire) -> Iterator[Road]:
    url = f"mqtt://{BROKER}:{broker.port}"
    quick: dict[str, Any] = {"keepalive_seconds": 5, "connect_seconds": 3, "allow_plaintext": True}
    with Road(tmp_path, broker.port, prefix=("ip", "netns", "exec", wire.device), url=url, **quick) as there:
        yield there


def test_a_third_of_all_packets_is_lost(road: Road, witness: Witness, wire: Wire) -> None:
    wire.loss = 0.3
    road.start_publisher()
    road.start_observer()
    until(lambda: len(witness.keys()) >= RECORDS, 60 + RECORDS)
    dropped = wire.dropped
    road.end_observer()
    wire.mend()
    road.check(witness)
    assert dropped > RECORDS / 10


@pytest.mark.parametrize("fault", ["cut", "deaf"])
def test_the_network_falls_silent(road: Road, witness: Witness, wire: Wire, fault: str) -> None:
    """Neither end is told: the device has to notice by itself, in both directions or in only one."""
    road.start_publisher()
    road.start_observer()
    until(witness.keys)
    if fault == "cut":
        wire.cut()
    else:
        wire.deaf = True
    until(lambda: "connection lost" in road.log.read_text())
    road.more(5)
    wire.mend()
    until(lambda: road.log.read_text().count("connected (MQTT") == 2, 60)
    road.end_observer()
    road.check(witness)


def test_a_cut_that_nobody_notices_costs_nothing(road: Road, witness: Witness, wire: Wire) -> None:
    road.start_publisher()
    road.start_observer()
    until(witness.keys)
    wire.cut()
    time.sleep(1.5)  # shorter than the broker may be silent
    wire.mend()
    road.more(5)
    road.end_observer()
    road.check(witness)
    assert road.log.read_text().count("connected (MQTT") == 1
