"""Either process is killed at any moment, the card fails, the clock jumps."""

import random
import signal
import time
from pathlib import Path

import pytest

from tests.conftest import Mosquitto, until
from tests.faults.disk import damage, fill, remount
from tests.faults.road import FULL, Road, Witness

KILLS = 200 if FULL else 8
CUTS = 24 if FULL else 4


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("outage", [False, True], ids=["broker up", "broker away"])
def test_either_process_killed_at_random_moments(
    tmp_path: Path,
    broker: Mosquitto,
    witness: Witness,
    outage: bool,  # noqa: FBT001
) -> None:
    """One at a time: if both die at once, what was not on disk yet goes with them."""
    chance = random.Random(5)
    (tmp_path / "many-starts").touch()
    with Road(tmp_path, broker.port) as road:
        road.start_publisher()
        road.start_observer()
        if outage:
            until(witness.keys)
            broker.stop()
        for _ in range(KILLS // 2):
            time.sleep(chance.uniform(0, 1))  # the moment is the point
            if chance.random() < 0.5:
                road.kill_observer()
                road.start_observer()
            else:
                road.kill_publisher()
                road.start_publisher()
            (tmp_path / "waiting").unlink(missing_ok=True)
            road.more(2)
            until(lambda: road.waiting() == 0)
        if outage:
            road.back(broker, witness)
        road.end_observer()
        road.check(witness)


@pytest.mark.timeout(3600)
def test_a_power_cut_costs_only_what_was_not_acknowledged(tmp_path: Path, broker: Mosquitto, witness: Witness) -> None:
    """Everything is killed at once while the broker is there: what the observer still held is lost, nothing else."""
    chance = random.Random(9)
    (tmp_path / "many-starts").touch()
    lost = 0
    with Road(tmp_path, broker.port) as road:
        for _ in range(CUTS):
            road.start_publisher()
            road.start_observer()
            road.more(3)
            time.sleep(chance.uniform(0, 0.5))  # the moment is the point
            road.signal_publisher(signal.SIGSTOP)  # from here on, nothing is acknowledged
            assert road.observer is not None
            road.observer.send_signal(signal.SIGSTOP)
            lost += road.waiting() + 1  # it may have closed one since it noted that
            road.kill_publisher()
            road.kill_observer()
        road.check(witness, lost=lost)


@pytest.mark.parametrize("trouble", ["full", "read-only"])
def test_a_disk_that_fails_during_an_outage(
    tmp_path: Path, small_disk: Path, broker: Mosquitto, witness: Witness, trouble: str
) -> None:
    with Road(tmp_path, broker.port, state=small_disk) as road:
        road.start_publisher()
        road.start_observer()
        until(witness.keys)
        if trouble == "full":
            fill(small_disk)
        else:
            assert remount(small_disk, "ro")
        broker.stop()
        until(lambda: "kept in memory only" in road.log.read_text())
        road.more(20)
        road.back(broker, witness)
        road.end_observer()
        road.check(witness)
        assert road.log.read_text().count("kept in memory only") == 1


@pytest.mark.parametrize("returns", [True, False])
def test_a_disk_that_becomes_read_only_with_records_on_it(
    tmp_path: Path,
    small_disk: Path,
    broker: Mosquitto,
    witness: Witness,
    returns: bool,  # noqa: FBT001
) -> None:
    """What is on it and what came later arrive in order, whether it becomes writable again or not."""
    with Road(tmp_path, broker.port, state=small_disk) as road:
        road.lose_broker(broker, witness)
        road.more(5)
        failing = road.folder / "io-error"
        failing.touch()
        until(lambda: "kept in memory only" in road.log.read_text())
        # A file that is open for writing would keep the kernel from it; now the publisher opens it only to try again.
        until(lambda: remount(small_disk, "ro"))
        road.more(10)
        road.back(broker, witness)
        until(lambda: witness.keys("/backfill"))
        if returns:
            assert remount(small_disk, "rw")
            failing.unlink()
        road.more(5)
        road.end_observer()
        road.check(witness)


def test_a_spool_that_is_damaged_during_an_outage(tmp_path: Path, broker: Mosquitto, witness: Witness) -> None:
    with Road(tmp_path, broker.port) as road:
        road.lose_broker(broker, witness)
        road.more(5)
        damage(road.state / "spool.sqlite")
        road.more(5)
        road.back(broker, witness)
        road.end_observer()
        road.check(witness)
        assert "written by another program while it is in use, now spool.sqlite.corrupt-1" in road.log.read_text()


def test_the_clock_steps_during_an_outage(tmp_path: Path, broker: Mosquitto, witness: Witness) -> None:
    """By an hour and by ten years, forwards and backwards, and home again."""
    with Road(tmp_path, broker.port, interval=1.0) as road:
        road.start_publisher()
        road.start_observer()
        until(witness.keys)
        broker.stop()
        for offset in (3600, -3600, 315_576_000, -315_576_000, 0):
            (tmp_path / "step").write_text(str(offset))
            road.more(2)
        road.back(broker, witness)
        road.end_observer()
        road.check(witness)
    records = {(record["boot"], record["seq"]): record for _topic, record in witness.arrived}
    starts = [records[key]["start"] for key in sorted(records)]
    assert len(set(starts)) == len(starts), "two intervals have the same name"
    assert all(record["start"] < record["end"] for record in records.values())


def test_records_of_a_device_whose_clock_was_wrong_arrive_with_the_right_times(
    tmp_path: Path, broker: Mosquitto, witness: Witness
) -> None:
    """As on a Pi without a battery clock that boots while the network is away."""
    (tmp_path / "step").write_text("-10000000")
    (tmp_path / "unsynced").touch()
    with Road(tmp_path, broker.port, interval=1.0) as road:
        broker.stop()
        road.start_publisher()
        road.start_observer()
        road.more(4)
        (tmp_path / "step").unlink()
        (tmp_path / "unsynced").unlink()
        road.more(3)
        road.back(broker, witness)
        road.end_observer()
        road.check(witness)
    records = sorted((record for _topic, record in witness.arrived), key=lambda record: record["seq"])
    assert {record["clock"] for record in records} == {"synced"}
    starts = [record["start"] for record in records]
    assert starts == sorted(set(starts))
    assert all(record["start"] > "2020" and record["start"][:10] == records[-1]["start"][:10] for record in records)


def test_a_spool_that_grew_during_an_outage_is_gone_afterwards(
    tmp_path: Path, broker: Mosquitto, witness: Witness
) -> None:
    with Road(tmp_path, broker.port) as road:
        road.lose_broker(broker, witness)
        road.more(3)
        road.back(broker, witness)
        until(lambda: not (road.state / "spool.sqlite").exists())
        road.end_observer()
        road.check(witness)
