"""Kill either process, or the broker: the rest survives, what fell is started again, and no count is lost."""

import contextlib
import os
import signal
import sqlite3
from pathlib import Path

from tests.conftest import Mosquitto, Subscriber, until
from tests.support.daemon import Daemon, processes, write_config
from tests.support.records import missing, numbers
from tests.support.relay import Relay
from tests.support.root import looks_into_processes


def test_a_killed_observer_comes_back_and_the_publisher_never_left(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    with Daemon(tmp_path, "run", "--config", write_config(tmp_path, broker.port)) as daemon:
        first = subscriber.next("/counts")
        before = daemon.children()
        os.kill(before["observe"], signal.SIGKILL)
        second = subscriber.next("/counts", lambda record: record["boot"] != first["boot"])
        after = daemon.children()
        assert "observe: was killed by signal 9; starting it again" in daemon.lines()
        until(lambda: 0 in numbers(subscriber)[second["boot"]])
    assert after["publish"] == before["publish"]
    assert after["observe"] != before["observe"]
    assert before["camera"] not in [pid for pid, _parent, _words in processes()], "the camera outlived its observer"


def test_a_killed_publisher_comes_back_and_loses_no_record(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    with Daemon(tmp_path, "run", "--config", write_config(tmp_path, broker.port)) as daemon:
        subscriber.next("/counts")
        before = daemon.children()
        os.kill(before["publish"], signal.SIGKILL)
        subscriber.next("/status", lambda status: status == "online")
        subscriber.next("/counts", lambda record: record["seq"] >= 2)
        assert daemon.children()["observe"] == before["observe"]
        until(lambda: not missing(subscriber))
    infos = [payload for topic, payload, _retained in subscriber.seen if topic.endswith("/info")]
    assert infos[-1]["last_exit"] == "crash or power loss"


def test_records_of_an_outage_arrive_afterwards_as_backfill(tmp_path: Path, broker: Mosquitto) -> None:
    relay = Relay(broker.port)
    relay.open()
    with Daemon(tmp_path, "run", "--config", write_config(tmp_path, relay.port)) as daemon:
        early = Subscriber(broker.port)
        last = early.next("/counts")["seq"]
        broker.stop()
        relay.cut()
        early.close()  # only now: a record may have arrived since
        until(lambda: "connection lost" in daemon.lines())
        until(lambda: _spooled(tmp_path) >= 2)
        broker.start()
        late = Subscriber(broker.port)
        relay.open()  # only now: the broker keeps no record for a subscriber that comes later
        live = late.next("/counts", lambda record: record["replayed"] is False and record["seq"] > last + 2)
        before = {seq for found in numbers(early).values() for seq in found}
        wanted = set(range(last + 1, live["seq"] + 1)) - before
        until(lambda: wanted <= {seq for found in numbers(late).values() for seq in found})
    late.close()
    relay.cut()
    records = [payload for topic, payload, _retained in late.seen if "/counts" in topic]
    replayed = [record["seq"] for record in records if record["replayed"]]
    assert replayed == sorted(replayed)
    assert all(
        topic.endswith("/backfill") == record["replayed"] for topic, record, _ in late.seen if "/counts" in topic
    )


@looks_into_processes
def test_the_observer_has_no_network(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber) -> None:
    with Daemon(tmp_path, "run", "--config", write_config(tmp_path, broker.port)) as daemon:
        info = subscriber.next("/info", lambda info: info["network_isolated"] is not None)
        children = daemon.children()
        namespaces = {name: str(Path(f"/proc/{pid}/ns/net").readlink()) for name, pid in children.items()}
    assert info["network_isolated"] is True
    assert namespaces["observe"] == namespaces["camera"]
    assert namespaces["observe"] != namespaces["publish"] == str(Path("/proc/self/ns/net").readlink())


def test_a_stop_ends_every_process_and_leaves_no_file_behind(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    with Daemon(tmp_path, "run", "--config", write_config(tmp_path, broker.port)) as daemon:
        subscriber.next("/counts")
        children = daemon.children()
        assert set(children) == {"observe", "publish", "camera"}
        assert daemon.stop() == 0
    alive = {pid for pid, _parent, _words in processes()}
    assert not alive & set(children.values())
    assert not (tmp_path / "door.sock").exists()


def test_the_two_processes_also_run_alone(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber) -> None:
    """As under systemd: each a service of its own, started in any order."""
    config = write_config(tmp_path, broker.port)
    with Daemon(tmp_path, "observe", "--config", config) as observer:
        until(lambda: "first frame analysed" in observer.lines())
        with Daemon(tmp_path, "publish", "--config", config):
            assert subscriber.next("/counts")["device"] == "pi-test"


def _spooled(folder: Path) -> int:
    try:
        with contextlib.closing(sqlite3.connect(f"file:{folder}/state/spool.sqlite?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT COUNT(*) FROM record").fetchone()[0])
    except sqlite3.OperationalError:  # nothing was spooled yet
        return 0
