"""The limit of open files is reached in a running process: records still leave, and it recovers when there is room."""

import itertools
import os
import resource
import signal
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import Mosquitto, Subscriber, until
from tests.faults.road import Road, Witness
from tests.support.daemon import Daemon, write_config

SECONDS = 60.0


def exhaust(pid: int) -> tuple[int, int]:
    """Let a process open no file more; return the limits that it had."""
    in_use = {int(path.name) for path in Path(f"/proc/{pid}/fd").iterdir()}
    free = next(number for number in itertools.count() if number not in in_use)
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (free, before[1]))
    return before


@pytest.fixture
def health(broker: Mosquitto) -> Iterator[Subscriber]:
    client = Subscriber(broker.port, "+/+/+/+/health")
    yield client
    client.close()


def test_a_publisher_without_a_free_descriptor_loses_nothing_through_an_outage(
    tmp_path: Path, broker: Mosquitto, witness: Witness
) -> None:
    with Road(tmp_path, broker.port) as road:
        road.start_publisher()
        road.start_observer()
        until(witness.keys)
        assert road.publisher is not None
        before = exhaust(road.publisher.pid)
        until(lambda: "new clients are refused, so that records still leave" in road.log.read_text(), SECONDS)
        broker.stop()
        until((road.state / "spool.sqlite").exists, SECONDS)  # three files, of the reserve
        road.more(10)
        road.back(broker, witness)
        road.more(5)
        until(lambda: set(road.closed()[:-5]) <= set(witness.keys()), SECONDS)
        resource.prlimit(road.publisher.pid, resource.RLIMIT_NOFILE, before)
        until(lambda: "there are enough open files again" in road.log.read_text(), SECONDS)
        road.end_observer()
        road.check(witness, SECONDS)
        assert road.publisher.poll() is None, "it is still the first one"
        assert "Traceback" not in road.log.read_text()


def test_health_counts_descriptors(tmp_path: Path, broker: Mosquitto, health: Subscriber) -> None:
    with Daemon(tmp_path, "publish", "--config", write_config(tmp_path, broker.port)) as publisher:
        assert health.next("/health")["descriptors_free"] >= 100
        exhaust(publisher.process.pid)
        until(lambda: "new clients are refused" in publisher.lines(), SECONDS)
        broker.stop()
        publisher.process.send_signal(signal.SIGSTOP)
        broker.start()
        again = Subscriber(broker.port, "+/+/+/+/health")
        publisher.process.send_signal(signal.SIGCONT)
        assert again.next("/health")["descriptors_free"] < 50
        again.close()


def is_replaced(daemon: Daemon, verb: str, fallen: int) -> bool:
    return daemon.children().get(verb, fallen) != fallen


def test_a_supervisor_without_a_free_descriptor_still_restarts_what_falls(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    with Daemon(tmp_path, "run", "--config", write_config(tmp_path, broker.port)) as daemon:
        first = subscriber.next("/counts")
        exhaust(daemon.process.pid)
        for verb in ("observe", "publish"):
            fallen = daemon.children()[verb]
            os.kill(fallen, signal.SIGKILL)
            until(partial(is_replaced, daemon, verb, fallen), SECONDS)
        subscriber.next("/counts", lambda record: record["boot"] != first["boot"])
        assert daemon.process.poll() is None
