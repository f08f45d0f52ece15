"""Someone deletes the state directory, or restores an older copy of it, during an outage of the broker."""

import shutil
import signal
from pathlib import Path

import pytest

from tests.conftest import Mosquitto, until
from tests.faults.road import Road, Witness


def stop(road: Road, how: str) -> None:
    if how == "stopped":
        assert road.publisher is not None
        road.signal_publisher(signal.SIGTERM)
        road.publisher.wait(60)
        road.publisher = None
    else:
        road.kill_publisher()


@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_the_directory_is_deleted_during_an_outage(
    tmp_path: Path, broker: Mosquitto, witness: Witness, how: str
) -> None:
    with Road(tmp_path, broker.port) as road:
        road.lose_broker(broker, witness)
        road.more(5)
        until(lambda: road.waiting() == 0)
        shutil.rmtree(road.state)
        until(lambda: "records are written again" in road.log.read_text())
        until(lambda: "files are written again" in road.log.read_text())
        road.more(5)
        until(lambda: road.waiting() == 0)
        stop(road, how)
        road.more(3)
        road.start_publisher()
        road.back(broker, witness)
        road.end_observer()
        road.check(witness, 60)


def test_an_older_copy_is_restored_over_the_live_spool(tmp_path: Path, broker: Mosquitto, witness: Witness) -> None:
    with Road(tmp_path, broker.port) as road:
        road.lose_broker(broker, witness)
        road.more(5)
        shutil.copytree(road.state, tmp_path / "copy")
        road.more(5)
        until(lambda: road.waiting() == 0)
        shutil.rmtree(road.state)
        shutil.move(tmp_path / "copy", road.state)
        until(lambda: "records are written again" in road.log.read_text())
        road.more(3)
        road.back(broker, witness)
        road.end_observer()
        road.check(witness, 60)


def test_an_older_copy_is_restored_over_the_stopped_spool(tmp_path: Path, broker: Mosquitto, witness: Witness) -> None:
    """What only the newer one held is gone: that is counted, and what was delivered before does not come again."""
    with Road(tmp_path, broker.port) as road:
        road.lose_broker(broker, witness)
        road.more(5)
        until(lambda: road.waiting() == 0)
        shutil.copytree(road.state, tmp_path / "copy")
        road.more(5)
        until(lambda: road.waiting() == 0)
        stop(road, "stopped")
        for file in road.state.glob("spool.sqlite*"):
            file.unlink()
        for file in (tmp_path / "copy").glob("spool.sqlite*"):
            shutil.copy(file, road.state)
        road.start_publisher()
        until(lambda: "records that were stored are lost (spool_replaced)" in road.log.read_text())
        lost = int(road.log.read_text().partition(" records that were stored are lost")[0].rpartition(" ")[2])
        assert lost >= 5
        road.back(broker, witness)
        road.end_observer()
        road.check(witness, 60, lost=lost)
