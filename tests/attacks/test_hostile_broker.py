"""A broker that wants to fill the publisher's memory, its log or its time. It may lose its own records, no more."""

import itertools
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.attacks.hostile import MIB, Attack, HostileBroker, huge, packet, packet_ids, publish, zeros
from tests.conftest import SECONDS, Mosquitto, Remote, until
from tests.faults.road import UNLIMITED, Road, Witness

MOST_MIB = 80
"""Of the publisher, at its highest."""
PAUSE_SET = "emotion-edge/v1/north/pi-test/pause/set"
LARGEST = 256 * MIB - 1
"""What a packet of MQTT may have."""
FLOOD = 64 * MIB
RETAINED = 50 * MIB
LONGEST_LINE = 1000
"""Characters of a line in the log."""


def bounded(packets: Iterator[bytes], size: int = FLOOD) -> Iterator[bytes]:
    """Yield blocks of packets until `size` bytes are reached."""
    sent = 0
    while sent < size:
        block = b"".join(itertools.islice(packets, 64))
        sent += len(block)
        yield block


def a_huge_message() -> Iterator[bytes]:
    name = PAUSE_SET.encode()
    return huge(0x33, len(name).to_bytes(2, "big") + name + b"\0\1", LARGEST)


def a_huge_subscription_answer() -> Iterator[bytes]:
    return huge(0x90, b"\0\1", LARGEST)


def messages_of_quality_2() -> Iterator[bytes]:
    return bounded(publish(PAUSE_SET, bytes(16_000), number, qos=2) for number in packet_ids())


def messages_to_acknowledge() -> Iterator[bytes]:
    return bounded((publish(PAUSE_SET, b"?", number) for number in packet_ids()), 16 * MIB)


def messages_with_long_topics() -> Iterator[bytes]:
    return bounded(publish("\U0001f600" * 4000, b"?", number) for number in packet_ids())


def answers_to_nothing() -> Iterator[bytes]:
    return bounded((packet(0x90, number.to_bytes(2, "big"), bytes(4000)) for number in packet_ids()), 4 * MIB)


def a_huge_frame() -> Iterator[bytes]:
    yield b"\x82\x7f" + (2 * LARGEST).to_bytes(8, "big")
    yield from a_huge_message()


def an_endless_handshake() -> Iterator[bytes]:
    yield b"HTTP/1.1 101 "
    yield from zeros(FLOOD)


ATTACKS: list[tuple[Attack, int, dict[str, Any]]] = [
    (a_huge_message, 5, {}),
    (a_huge_message, 4, {}),
    (a_huge_subscription_answer, 5, {}),
    (a_huge_subscription_answer, 4, {}),
    (messages_of_quality_2, 4, {}),
    (messages_to_acknowledge, 4, {"reads": False}),
    (messages_with_long_topics, 4, {}),
    (answers_to_nothing, 4, {}),
    (a_huge_frame, 4, {"websocket": True}),
    (an_endless_handshake, 5, {"websocket": True, "in_handshake": True}),
]


@pytest.mark.parametrize(("attack", "level", "how"), ATTACKS)
def test_no_broker_fills_the_memory(tmp_path: Path, attack: Attack, level: int, how: dict[str, Any]) -> None:
    broker = HostileBroker(attack, level, **how)
    scheme = "ws" if how.get("websocket") else "mqtt"
    url = f"{scheme}://127.0.0.1:{broker.port}"
    with Road(tmp_path, 0, url=url, protocol="5" if level == 5 else "3.1.1", connect_seconds=5) as road:
        road.start_publisher()
        until(lambda: broker.over)
        highest = peak(road)
        road.signal_publisher(signal.SIGTERM)
        assert road.publisher is not None
        assert road.publisher.wait(SECONDS) == 0
        assert "Traceback" not in road.log.read_text()
    broker.close()
    print(f"{attack.__name__} ({level}): {highest} MiB at its highest, {broker.sent} bytes were sent")
    assert highest <= MOST_MIB


def test_no_broker_writes_long_lines(tmp_path: Path) -> None:
    topic = b"\xff" * 16_000
    wrong = packet(0x30, len(topic).to_bytes(2, "big"), topic, b"?")
    broker = HostileBroker(lambda: iter([wrong]), 4)
    with Road(tmp_path, broker.port, protocol="3.1.1") as road:
        road.start_publisher()
        until(lambda: "sent what is not MQTT" in road.log.read_text())
        assert max(map(len, road.log.read_text().splitlines())) < LONGEST_LINE
    broker.close()


def test_a_handshake_that_trickles_ends_by_the_timeout(tmp_path: Path) -> None:
    over = threading.Event()

    def trickle() -> Iterator[bytes]:
        while not over.wait(0.2):
            yield b"."

    broker = HostileBroker(trickle, websocket=True, in_handshake=True)
    with Road(tmp_path, 0, url=f"ws://127.0.0.1:{broker.port}", protocol="5", connect_seconds=1) as road:
        road.start_publisher()
        until(lambda: "no answer within 1 s" in road.log.read_text())
        until(lambda: broker.over)
    over.set()
    broker.close()


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_records_go_on_beside_a_huge_retained_message(tmp_path: Path, protocol: str) -> None:
    """It comes again at every connect: a device that ended the session over it would be off for ever."""
    broker = Mosquitto(tmp_path, f"allow_anonymous true\n{UNLIMITED}")
    broker.start()
    someone = Remote(broker.port)
    someone.say("pause/set", bytes(RETAINED), retain=True)
    someone.close()
    witness = Witness(broker.port, topic="emotion-edge/v1/+/+/counts/#")
    until(lambda: witness.subscribed)
    with Road(tmp_path, broker.port, protocol=protocol) as road:
        road.start_publisher()
        road.start_observer()
        road.more(10)
        road.end_observer()
        road.check(witness)
        assert peak(road) <= MOST_MIB
        assert road.log.read_text().count(": connected (MQTT") == 1
    witness.close()
    broker.stop()


def peak(road: Road) -> int:
    """Return the most memory that the publisher ever had, MiB."""
    assert road.publisher is not None
    status = Path(f"/proc/{road.publisher.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024
