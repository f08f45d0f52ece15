"""Something in the daemon hangs, while it runs or when it is stopped: real processes, real signals."""

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.errors import EX_RECORDS_LOST
from tests.conftest import ROOT, Mosquitto, Subscriber, until
from tests.faults.disk import fill, make_room, mounted
from tests.support.daemon import Daemon, write_config

INTERVAL_SECONDS = 5.0
PATIENCE = 240.0
"""Seconds for a stop of which every part takes its longest, on a busy machine."""


class Watched(Daemon):
    """`emotion-edge run` that is less patient."""

    def __init__(self, folder: Path, watchdog: int, hangs: int, config: Path) -> None:
        self.log = folder / "run.log"
        command = [sys.executable, "-m", "tests.faults.run", str(watchdog), str(hangs), "--config", str(config)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stderr=log, stdout=log, cwd=ROOT, process_group=0)


@pytest.fixture
def config(tmp_path: Path, broker: Mosquitto) -> Path:
    return write_config(tmp_path, broker.port)


@pytest.fixture
def counts(broker: Mosquitto) -> Iterator[Subscriber]:
    client = Subscriber(broker.port, "+/+/+/+/counts/#")
    yield client
    client.close()


def let_intervals_pass(number: int) -> None:
    """Wait until so many intervals have ended since now."""
    passed = time.monotonic() + (number + 1) * INTERVAL_SECONDS
    until(lambda: time.monotonic() > passed, 2 * (number + 1) * INTERVAL_SECONDS)


def test_a_publisher_that_hangs_at_the_stop_is_replaced_and_nothing_is_lost(
    tmp_path: Path, config: Path, counts: Subscriber
) -> None:
    with Watched(tmp_path, 120, 10, config) as daemon:
        last = counts.next("/counts")
        os.kill(daemon.children()["publish"], signal.SIGSTOP)
        let_intervals_pass(3)
        daemon.process.send_signal(signal.SIGTERM)
        assert daemon.process.wait(PATIENCE) == 0
        assert "publish: hangs, so the observer cannot hand over its records; killed" in daemon.lines()
    with Daemon(tmp_path, "publish", "--config", config):  # what it had to store
        wanted = set(range(last["seq"] + 1, last["seq"] + 4))

        def missing() -> set[int]:
            while not counts.messages.empty():
                counts.seen.append(counts.messages.get())
            return wanted - {record["seq"] for _topic, record, _ in counts.seen if record["boot"] == last["boot"]}

        until(lambda: not missing(), PATIENCE)


def test_an_observer_that_cannot_hand_over_says_so_and_the_next_publisher_publishes_it(
    tmp_path: Path, config: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    """As two units: nobody replaces the publisher during a stop."""
    with (
        Daemon(tmp_path, "publish", "--config", config) as publisher,
        Daemon(tmp_path, "observe", "--config", config) as observer,
    ):
        subscriber.next("/counts")
        publisher.process.send_signal(signal.SIGSTOP)
        let_intervals_pass(2)
        observer.process.send_signal(signal.SIGTERM)
        assert observer.process.wait(PATIENCE) == EX_RECORDS_LOST
        lines = re.findall(
            r"the publisher did not take (\d+) closed records within 45 s, so they are lost", observer.lines()
        )
        assert [int(number) for number in lines] >= [2]
        publisher.process.send_signal(signal.SIGCONT)
    subprocess.run(after_stop(tmp_path / "state"), check=True, env=os.environ | {"EXIT_STATUS": str(EX_RECORDS_LOST)})
    later = Subscriber(broker.port)
    with Daemon(tmp_path, "publish", "--config", config):
        later.next("/info", lambda info: info["last_exit"] == "records lost")
    with Daemon(tmp_path, "publish", "--config", config):
        later.next("/info", lambda info: info["last_exit"] == "clean")
    later.close()


def test_what_waits_beside_a_full_disk_is_named_at_the_stop(
    tmp_path: Path, config: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    with mounted(tmp_path / "state", "256k") as disk, Daemon(tmp_path, "run", "--config", config) as daemon:
        subscriber.next("/counts")
        fill(disk)
        broker.stop()
        let_intervals_pass(3)
        daemon.process.send_signal(signal.SIGTERM)
        assert daemon.process.wait(PATIENCE) == EX_RECORDS_LOST
        found = re.findall(r"(\d+) closed records that the broker has not acknowledged are lost", daemon.lines())
        assert [int(number) for number in found] >= [2]


def test_a_reload_beside_a_full_disk_keeps_what_an_observer_that_has_ended_handed_over(
    tmp_path: Path, config: Path, broker: Mosquitto, counts: Subscriber
) -> None:
    with (
        mounted(tmp_path / "state", "256k") as disk,
        Daemon(tmp_path, "publish", "--config", config) as publisher,
    ):
        with Daemon(tmp_path, "observe", "--config", config) as observer:
            boot = counts.next("/counts")["boot"]
            fill(disk)
            broker.stop()
            let_intervals_pass(3)
            observer.process.send_signal(signal.SIGTERM)
            assert observer.process.wait(PATIENCE) == 0
        config.write_text(config.read_text().replace("retry_cap_seconds = 1", "retry_cap_seconds = 2"))
        publisher.process.send_signal(signal.SIGHUP)
        until(lambda: "the new configuration is in use" in publisher.lines(), PATIENCE)
        make_room(disk)
        broker.start()
        backlog = [counts.next("/counts/backfill") for _ in range(3)]
        assert {record["boot"] for record in backlog} == {boot}
        assert len({record["seq"] for record in backlog}) == 3


def after_stop(state: Path) -> list[str]:
    """Return the command that the observer's unit runs after a stop, for another state directory."""
    unit = (ROOT / "systemd/emotion-edge-observer.service").read_text()
    line = next(line for line in unit.splitlines() if line.startswith("ExecStopPost="))
    return shlex.split(line.removeprefix("ExecStopPost=-+").replace("/var/lib/emotion-edge", str(state)))


@pytest.mark.parametrize("verb", ["observe", "publish"])
def test_a_process_that_hangs_is_restarted_without_systemd(
    tmp_path: Path, config: Path, subscriber: Subscriber, verb: str
) -> None:
    with Watched(tmp_path, 15, 60, config) as daemon:
        subscriber.next("/counts")
        hung = daemon.children()[verb]
        os.kill(hung, signal.SIGSTOP)
        until(lambda: f"{verb}: hangs, no sign of life for" in daemon.lines(), PATIENCE)
        until(lambda: daemon.children().get(verb, hung) != hung, PATIENCE)
        subscriber.next("/counts", lambda record: record["frames"]["analysed"] > 0)
