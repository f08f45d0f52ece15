"""A card that damages the state directory under a real device: it starts, counts on, and health names the files."""

import json
from pathlib import Path

import pytest

from tests.conftest import Mosquitto, Subscriber, until
from tests.support.daemon import Daemon, write_config
from tests.support.state import STATE_FILES, sound_spool

SPOOL = "spool.sqlite"
DAMAGED_BY_NAME = ["configuration-key", "device-id", "home-assistant", "last-exit", "published-as"]


def test_damaged_files_are_set_aside_and_counting_goes_on(tmp_path: Path, broker: Mosquitto) -> None:
    subscriber = Subscriber(broker.port)
    state = tmp_path / "state"
    sound_spool(state)
    spool = bytearray((state / SPOOL).read_bytes())
    at = spool.index(b"CREATE TABLE record")
    spool[at] ^= 0xFF  # SQLite's own definition of the table
    (state / SPOOL).write_bytes(spool)
    for name, content in STATE_FILES.items():
        if name in DAMAGED_BY_NAME:
            (state / name).write_bytes(bytes([content[0] ^ 0x80]) + content[1:])
    config = write_config(tmp_path, broker.port, device={"id": ""})
    config.write_text(config.read_text().replace('id = ""\n', ""))
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        record = subscriber.next("/counts")
        damaged = {SPOOL, "last-exit", "published-as", "home-assistant", "configuration-key"}
        subscriber.ever("/health", lambda health: damaged <= set(health["damaged_files"]))
        assert record["device"].startswith(("dev-", "rpi-"))
        log = daemon.lines()
    subscriber.close()
    assert f"{state}/last-exit: is damaged; it is now last-exit.damaged-1" in log
    assert "3 records could be read" in log
    assert "Traceback" not in log


@pytest.mark.parametrize("name", ["pause.json", "privacy.json"])
def test_what_protects_people_stays_at_its_strictest_over_restarts(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, name: str
) -> None:
    """Set aside, they would be forgotten: a damaged pause would end, a tightened setting loosen."""
    state = tmp_path / "state"
    state.mkdir()
    (state / name).write_bytes(b"\xff" * 20)
    config = write_config(tmp_path, broker.port)
    for _restart in range(2):
        with Daemon(tmp_path, "run", "--config", config):
            if name == "pause.json":
                until(lambda: subscriber.next("/pause") == "ON")
            else:
                assert subscriber.next("/info")["privacy"]["min_group"] == 100
    assert not list(state.glob("*.damaged-*"))
    assert not json.dumps(subscriber.seen).count("Traceback")
