"""A compromised observer sends face crops by everything that it may say; the reader is at a real broker."""

import json
import math
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.attacks import capacity
from tests.attacks.probe import content
from tests.attacks.smuggler import BITS, CROP_BITS, Smuggler, number_of
from tests.conftest import Mosquitto, Subscriber, until
from tests.faults.road import Process, Road
from tests.support.counts import closed, counts

INTERVAL = 0.5
INTERVALS = 40
RECORDS_AN_HOUR = 360
"""At intervals of ten seconds, which the figures are stated for."""
CROPS = 1.5
CROPS_SUPPRESSED = 0.1
CROPS_OF_OUTLINES = 2.6
"""For each time that a machine is set up on the page."""
EARLY = 3
"""Records that may come before their time, once."""


class Reader:
    """All that a broker passes on, and how much of a secret is in it."""

    def __init__(self, port: int) -> None:
        self._subscriber = Subscriber(port)

    def payloads(self, leaf: str) -> list[Any]:
        """Return what arrived on the topics that hold `leaf`."""
        while not self._subscriber.messages.empty():
            self._subscriber.seen.append(self._subscriber.messages.get())
        return [payload for topic, payload, _retained in self._subscriber.seen if leaf in topic]

    def text(self) -> str:
        self.payloads("")
        return json.dumps([payload for _topic, payload, _retained in self._subscriber.seen])

    def close(self) -> None:
        self._subscriber.close()


@pytest.fixture
def reader(broker: Mosquitto) -> Iterator[Reader]:
    found = Reader(broker.port)
    yield found
    found.close()


@pytest.fixture
def road(tmp_path: Path, broker: Mosquitto) -> Iterator[Road]:
    with Road(tmp_path, broker.port, interval=INTERVAL) as running:
        running.start_publisher()
        until(lambda: "connected (MQTT" in running.log.read_text())
        yield running


def elapsed(begun: float) -> float:
    """Return how many intervals have passed."""
    return (time.monotonic() - begun) / INTERVAL


def crops_an_hour(bits: float, intervals: float) -> float:
    return bits / intervals * RECORDS_AN_HOUR / CROP_BITS


def every_way(smuggler: Smuggler) -> None:
    """Try each way of saying more than one record an interval."""
    now = time.monotonic()
    smuggler.record(**({"boot": secrets.token_hex(4)} if smuggler.secret.random() < 0.7 else {}))
    for number in range(8):
        smuggler.more(boot=f"{number:08x}", seq=smuggler.secret.getrandbits(50))  # a new start each time
    smuggler.more()
    smuggler.more(monotonic=now - 86_000)  # of yesterday
    smuggler.more(monotonic=now - 3 * INTERVAL)
    smuggler.more(model=smuggler.free_text())
    smuggler.more(start="2011-11-11T11:11:11Z", end="2022-02-22T22:22:22Z", clock="synced")
    smuggler.more(unsure=987.6)
    smuggler.more(faces={"mean": 40.0, "max": 3})
    smuggler.heartbeat(model=smuggler.free_text())
    smuggler.heartbeat()


@pytest.mark.timeout(1200)
def test_a_face_crop_leaves_no_faster_than_is_stated(road: Road, reader: Reader) -> None:
    smuggler = Smuggler(road.folder / "door.sock")
    begun = time.monotonic()
    while elapsed(begun) < INTERVALS:
        every_way(smuggler)
        time.sleep(INTERVAL)  # the pace of the attack
    until(lambda: len(reader.payloads("/counts")) >= INTERVALS / 2)
    intervals = elapsed(begun)
    records, sent = reader.payloads("/counts"), set(smuggler.sent)
    exact = [record for record in records if number_of(record) in sent]
    assert len(exact) >= INTERVALS / 2, "the attack itself does not work: nothing is shown by it"
    assert len(records) <= 1.02 * intervals + EARLY

    beyond = {
        content(record | {"faces": None, "emotions": None, "unsure": None, "emotions_error": None, "replayed": None})
        for record in records
    }
    frames = len(beyond)
    assert frames <= 4, "something else of a record varies"
    boots = {record["boot"] for record in records}
    assert len(boots) <= 20 + 1, "starts of the observer show"
    health = reader.payloads("/health")
    words = len({content(payload | {"time": ""}) for payload in health})
    bits = len(exact) * (BITS + math.log2(2 * frames)) + len(health) * math.log2(max(1, words))
    print(f"{crops_an_hour(bits, intervals):.2f} face crops an hour at intervals of 10 s")
    assert crops_an_hour(bits, intervals) <= CROPS
    text = reader.text()
    assert "2011-11-11" not in text
    assert all(payload["model"] in (None, smuggler._model) for payload in reader.payloads("/info"))
    numbers: dict[str, list[int]] = {}
    for record in records:
        numbers.setdefault(record["boot"], []).append(record["seq"])
    assert all(max(seqs) < intervals + 20 for seqs in numbers.values()), "the observer's own numbers show"
    smuggler.close()


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("way", ["suppressed", "paused"])
def test_a_record_that_is_withheld_says_nearly_nothing(
    tmp_path: Path, broker: Mosquitto, reader: Reader, way: str
) -> None:
    with Road(tmp_path, broker.port, interval=INTERVAL) as road:
        config = tmp_path / "config.toml"
        config.write_text(config.read_text().replace("min_group = 1", "min_group = 50"))
        road.start_publisher()
        smuggler = Smuggler(tmp_path / "door.sock")
        until(lambda: "connected (MQTT" in road.log.read_text())
        begun = time.monotonic()
        nobody = counts(0.0, analysed=0).model_dump()
        while elapsed(begun) < INTERVALS:
            smuggler.record(**(nobody | {"paused": True} if way == "paused" else {}))
            time.sleep(INTERVAL)  # the pace of the attack
        until(lambda: len(reader.payloads("/counts")) >= INTERVALS / 2)
        intervals = elapsed(begun)
        records = reader.payloads("/counts")
        assert len(records) <= 1.02 * intervals + EARLY
        assert {record["suppressed"] for record in records} == {"paused" if way == "paused" else "below_min_group"}
        assert len({content(record | {"replayed": None}) for record in records}) == 1, "a withheld record is a constant"
        smuggler.close()


@pytest.mark.timeout(1200)
def test_no_publisher_takes_the_records_of_a_day_that_another_had(road: Road, reader: Reader) -> None:
    """A restart is no chance to say a day's worth at once: the one before has noted up to where it had acknowledged."""
    smuggler = Smuggler(road.folder / "door.sock")
    smuggler.record()
    until(lambda: reader.payloads("/counts"))
    smuggler.close()
    assert road.publisher is not None
    road.stop_publisher()
    road.start_publisher()
    begun = time.monotonic()
    smuggler = Smuggler(road.folder / "door.sock")
    for number in range(2000):
        smuggler.record(monotonic=begun - (2000 - number) * INTERVAL)
    smuggler.record(boot="0000ffff", seq=0)
    until(lambda: len(reader.payloads("/counts")) >= 2)
    assert len(reader.payloads("/counts")) <= 1 + elapsed(begun) * 1.02 + EARLY + 3 / INTERVAL
    smuggler.close()


@pytest.mark.timeout(1800)  # some 50,000 packets
def test_the_figures_of_the_design_page_hold(tmp_path: Path) -> None:
    found = capacity.measure(tmp_path)
    assert found.crops <= CROPS
    assert found.crops_suppressed <= CROPS_SUPPRESSED
    assert capacity.measure_outlines() / capacity.CROP_BITS <= CROPS_OF_OUTLINES


def resident(process: Process) -> float:
    """Return the memory of a process in MiB."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text().split()[1])
    return pages * 4096 / 2**20


@pytest.mark.timeout(1200)
def test_repeated_records_and_answers_that_are_not_read_do_not_fill_the_memory(road: Road, reader: Reader) -> None:
    """Three clients at once, none of which reads: 44,000 packets."""
    smuggler = Smuggler(road.folder / "door.sock")
    smuggler.record()
    until(lambda: reader.payloads("/counts"))
    assert road.publisher is not None
    packet = closed(0, time.monotonic(), smuggler._boot, model=smuggler._model)
    hostile = [Smuggler(road.folder / "door.sock") for _ in range(2)]
    data = packet.model_dump_json().encode()
    for one in hostile:
        one._socket.setblocking(True)
        one._socket.settimeout(30)
    for one in hostile:
        for _ in range(2000):
            one._socket.send(data)
    before = resident(road.publisher)
    for one in hostile:
        for _ in range(20_000):
            one._socket.send(data)
    grown = resident(road.publisher) - before
    print(f"{grown:.1f} MiB")
    assert grown < 4  # the answers that are due, each once
    for one in (*hostile, smuggler):
        one.close()
