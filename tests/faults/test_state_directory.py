"""Someone deletes the state directory, or restores an older copy of it, during an outage of the broker."""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Mosquitto, Subscriber, until
from tests.faults.road import Road, Witness
from tests.support.daemon import Daemon, write_config
from tests.support.records import numbers


def stop(road: Road, how: str) -> None:
    if how == "stopped":
        road.stop_publisher()
    else:
        road.kill_publisher()


def _delete(directory: Path) -> None:
    """Delete a directory at once: while its files are deleted one by one, the publisher would write new ones."""
    gone = directory.with_name("gone")
    directory.rename(gone)
    shutil.rmtree(gone)


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_the_directory_is_deleted_during_an_outage(
    tmp_path: Path, broker: Mosquitto, witness: Witness, how: str
) -> None:
    with Road(tmp_path, broker.port) as road:
        road.lose_broker(broker, witness)
        road.more(5)
        until(lambda: road.waiting() == 0)
        _delete(road.state)
        until(lambda: "records are written again" in road.log.read_text())
        until(lambda: "files are written again" in road.log.read_text())
        road.more(5)
        until(lambda: road.waiting() == 0)
        stop(road, how)
        road.more(3)
        road.start_publisher()
        road.back(broker, witness)
        road.end_observer()
        road.check(witness)


def test_an_older_copy_is_restored_over_the_live_spool(tmp_path: Path, broker: Mosquitto, witness: Witness) -> None:
    with Road(tmp_path, broker.port) as road:
        road.lose_broker(broker, witness)
        road.more(5)
        road.copy_state(tmp_path / "copy")
        road.more(5)
        until(lambda: road.waiting() == 0)
        _delete(road.state)
        shutil.move(tmp_path / "copy", road.state)
        until(lambda: "records are written again" in road.log.read_text())
        road.more(3)
        road.back(broker, witness)
        road.end_observer()
        road.check(witness)


@pytest.mark.parametrize("what", ["spool", "folder"])
@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_an_older_copy_is_restored_between_two_runs(
    tmp_path: Path, broker: Mosquitto, witness: Witness, how: str, what: str
) -> None:
    """What only the newer one held is gone: that is counted, and what was delivered before does not come again."""
    with Road(tmp_path, broker.port) as road:
        road.lose_broker(broker, witness)
        road.more(5)
        until(lambda: road.waiting() == 0)
        road.copy_state(tmp_path / "copy")
        road.more(5)
        road.end_observer()  # all that it closed is on disk
        stop(road, how)
        for file in road.state.glob("spool.sqlite*"):
            file.unlink()
        if what == "spool":
            for file in (tmp_path / "copy").glob("spool.sqlite*"):
                shutil.copy(file, road.state)
        else:
            shutil.copytree(tmp_path / "copy", road.state, dirs_exist_ok=True)
        road.start_publisher()
        until(lambda: "records that were stored are lost (spool_replaced)" in road.log.read_text())
        lost = int(road.log.read_text().partition(" records that were stored are lost")[0].rpartition(" ")[2])
        assert lost >= 5
        before = witness.subscribed
        road.signal_publisher(signal.SIGSTOP)
        broker.start()
        reader = Subscriber(broker.port)
        until(lambda: witness.subscribed > before)
        road.signal_publisher(signal.SIGCONT)
        health = reader.next("/health")
        reader.close()
        assert health["lost"] == [{"cause": "spool_replaced", "records": lost}]
        road.check(witness, lost=lost)
        assert len(set(road.closed()) - set(witness.keys())) == lost, "what is counted is what nobody has"


@pytest.fixture
def small_run(tmp_path: Path) -> Iterator[Path]:
    """A file system of few files, as a `/run` that something else fills."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,nr_inodes=10", "tmpfs", folder], check=False).returncode:
        pytest.skip("cannot mount a file system here (not root?)")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(folder: Path) -> bool:
    with contextlib.suppress(OSError):
        for number in range(100):
            (folder / f"filler-{number}").touch()
    return True


def test_a_full_place_for_the_door_delays_a_restart_and_loses_nothing(
    tmp_path: Path, small_run: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    door = small_run / "door.sock"
    config = write_config(tmp_path, broker.port, door={"path": str(door)})
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        first = subscriber.next("/counts")
        os.kill(daemon.children()["publish"], signal.SIGKILL)
        door.unlink()
        until(lambda: fill(small_run) and f"make room in {small_run} (df, df -i)" in daemon.lines(), 60)
        for filler in small_run.glob("filler-*"):
            filler.unlink()
        subscriber.next("/counts", lambda record: record["seq"] >= first["seq"] + 3)
        assert daemon.process.poll() is None
        wanted = set(range(first["seq"], first["seq"] + 4))
        until(lambda: wanted <= numbers(subscriber)[first["boot"]])
