"""A broker accepts the connection and then does not do what a broker does; where there is a second one, it is used."""

import contextlib
import json
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Mosquitto, until
from tests.faults.misbehaving import FAULTS, Fault, Misbehaving
from tests.faults.road import UNLIMITED, Road, Witness

LONG = 90.0
"""Seconds: a wait that holds on a loaded machine."""
ALONE: dict[str, Any] = {"keepalive_seconds": 5, "connect_seconds": 3}


def urls(*ports: int) -> list[str]:
    return [f"mqtt://127.0.0.1:{port}" for port in ports]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broker_that_accepts_and_does_not_deliver_is_left(
    tmp_path: Path, broker: Mosquitto, witness: Witness, fault: Fault
) -> None:
    with (
        contextlib.closing(Misbehaving(fault)) as first,
        Road(tmp_path, 0, url=urls(first.port, broker.port), **ALONE) as road,
    ):
        road.start_observer()
        road.more(1)  # it waits when the publisher comes: the broker is left 5 s after any message, a record or not
        road.start_publisher()
        until(lambda: first.records, LONG)
        until(witness.keys, LONG)
        road.more(20)
        road.end_observer()
        road.check(witness, LONG)
        assert f"broker 127.0.0.1:{first.port}: did not deliver" in road.log.read_text()


def test_a_broker_that_freezes_is_left(tmp_path: Path, broker: Mosquitto, witness: Witness) -> None:
    (tmp_path / "first").mkdir()
    first = Mosquitto(tmp_path / "first", f"allow_anonymous true\n{UNLIMITED}")
    first.start()
    with (
        contextlib.closing(Witness(first.port)) as early,
        Road(tmp_path, 0, url=urls(first.port, broker.port), **ALONE) as road,
    ):
        until(lambda: early.subscribed)
        road.start_publisher()
        road.start_observer()
        until(early.keys, LONG)
        first.signal(signal.SIGSTOP)
        until(witness.keys, LONG)
        road.more(5)
        road.end_observer()
        until(lambda: road.waiting() == 0, LONG)
        first.signal(signal.SIGCONT)
        closed = set(road.closed())
        until(lambda: closed <= {*early.keys(), *witness.keys()}, LONG)
    first.stop()


def test_a_broker_that_freezes_at_a_connect_is_still_spoken_to_in_mqtt_5(
    tmp_path: Path, broker: Mosquitto, witness: Witness
) -> None:
    """By MQTT 3.1.1 a record that the broker refuses looks like one that arrived."""
    with Road(tmp_path, broker.port, **ALONE) as road:
        road.start_publisher()
        road.start_observer()
        until(witness.keys, LONG)
        broker.stop()
        broker.start()
        broker.signal(signal.SIGSTOP)
        until(lambda: re.search("trying 3.1.1|gives no answer", road.log.read_text()), LONG)
        broker.signal(signal.SIGCONT)
        until(lambda: road.log.read_text().count(": connected (MQTT") > 1, LONG)
    assert "connected (MQTT 3.1.1)" not in road.log.read_text()


def test_a_broker_that_is_frozen_at_the_first_connect_is_asked_for_mqtt_5_again(
    tmp_path: Path, broker: Mosquitto
) -> None:
    broker.signal(signal.SIGSTOP)
    with Road(tmp_path, broker.port, **ALONE) as road:
        road.start_publisher()
        until(lambda: "trying 3.1.1" in road.log.read_text(), LONG)
        broker.signal(signal.SIGCONT)
        until(lambda: ": connected (MQTT" in road.log.read_text(), LONG)
    assert "connected (MQTT 3.1.1)" not in road.log.read_text()


def test_a_broker_that_does_not_acknowledge_hears_each_record_once_a_session(tmp_path: Path) -> None:
    """And each session is longer than the one before, so that repeats become rare."""
    with contextlib.closing(Misbehaving("no acknowledgement")) as broker, Road(tmp_path, broker.port, **ALONE) as road:
        road.start_publisher()
        road.start_observer()
        until(lambda: len(broker.in_session) >= 3, LONG)
        log = road.log.read_text()
    assert all(count == 1 for session in broker.in_session for count in _by_key(session).values())
    waits = [f"has not acknowledged a message for {seconds} s" for seconds in (5, 10)]
    assert all(line in log for line in waits)
    assert "connection lost" not in log


def test_a_broker_that_is_slow_is_not_lost(tmp_path: Path) -> None:
    """An acknowledgement after more than the keep-alive time: its patience grows, until the device has it."""
    with contextlib.closing(Misbehaving("slow", 7.0)) as broker, Road(tmp_path, broker.port, **ALONE) as road:
        road.start_publisher()
        road.start_observer()
        until(lambda: len(broker.acknowledged) > 20, LONG)
        log = road.log.read_text()
    assert "connection lost" not in log
    assert "left one out" not in log
    assert all(count == 1 for session in broker.in_session for count in _by_key(session).values())


def test_an_acknowledgement_that_was_left_out_is_no_slowness(tmp_path: Path) -> None:
    with contextlib.closing(Misbehaving("leaves out")) as broker, Road(tmp_path, broker.port, **ALONE) as road:
        road.start_publisher()
        road.start_observer()
        until(lambda: len(broker.in_session) > 2, LONG)
        road.end_observer()
        log = road.log.read_text()
    assert "has acknowledged later messages and left one out" in log
    assert "has not acknowledged a message" not in log
    assert len(broker.in_session[0]) > 10, "the others went on meanwhile"


def _by_key(session: dict[bytes, int]) -> dict[tuple[str, int], int]:
    """Return how often each record was sent, whatever its topic."""
    found: dict[tuple[str, int], int] = {}
    for payload, count in list(session.items()):
        record = json.loads(payload)
        key = record["boot"], record["seq"]
        found[key] = found.get(key, 0) + count
    return found
