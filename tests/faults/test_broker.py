"""The broker goes, comes, lies, refuses."""

import contextlib
import re
import resource
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.conftest import Mosquitto, until
from tests.faults.road import FULL, UNLIMITED, Road, Witness
from tests.support.certificates import Authority

OUTAGE = 8640 if FULL else 200
BACKLOG = 10_000 if FULL else 300


def test_a_broker_that_is_away_for_a_minute(tmp_path: Path, broker: Mosquitto, witness: Witness) -> None:
    """Six intervals, thrice."""
    with Road(tmp_path, broker.port) as road:
        road.start_publisher()
        road.start_observer()
        until(lambda: witness.keys("/counts"))
        for _ in range(3):
            broker.stop()
            road.more(6)
            road.back(broker, witness)
            road.more(3)
        road.end_observer()
        road.check(witness)


def _since_the_start(records: int) -> float:
    """Return intervals of which so many fit into the time since this machine started: the door takes no others."""
    return min(0.5, time.monotonic() / (records + 1))


@pytest.mark.timeout(1200)
def test_a_day_without_the_broker(tmp_path: Path, broker: Mosquitto, witness: Witness) -> None:
    """The backlog drains while live records go out at once: they do not queue behind it."""
    with Road(tmp_path, broker.port, interval=_since_the_start(OUTAGE)) as road:
        broker.stop()
        road.start_publisher()
        road.start_observer(OUTAGE)
        until(lambda: road.waiting() == 0, 120)
        road.back(broker, witness)
        until(lambda: witness.keys("/counts"))
        first_live = witness.keys("/counts")[0]
        until(lambda: len(witness.keys("/backfill")) >= OUTAGE, 900)
        road.end_observer()
        road.check(witness)
        live = {key for key in road.closed() if key > first_live}
        late = live - set(witness.keys("/counts"))  # on a busy machine a record may be late by itself
        assert len(late) <= len(live) / 20
    assert not (tmp_path / "state" / "spool.sqlite").exists()


@pytest.mark.timeout(1200)
def test_a_backlog_of_ten_thousand_survives_restarts_of_the_publisher(
    tmp_path: Path, broker: Mosquitto, witness: Witness
) -> None:
    with Road(tmp_path, broker.port, interval=_since_the_start(BACKLOG // 2)) as road:
        broker.stop()
        for _ in range(2):  # the door takes a day at once
            road.start_publisher()
            road.start_observer(BACKLOG // 2)
            until(lambda: road.waiting() == 0, 120)
            road.end_observer()
            (tmp_path / "waiting").unlink()
            road.kill_publisher()
        road.back(broker, witness)
        for part in (4, 2):
            road.start_publisher()
            until(lambda part=part: len(witness.keys()) > BACKLOG // part, 600)  # type: ignore[misc]
            road.kill_publisher()
        road.start_publisher()
        road.check(witness, 900)


class Proxy:
    """Between publisher and broker: hands bytes on; once `tear` is set, one byte of the next PUBACK and no more."""

    def __init__(self, port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._broker = port
        self.port = int(self._listener.getsockname()[1])
        self.tear = threading.Event()
        self.torn = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with contextlib.suppress(OSError):
                    broker = socket.create_connection(("127.0.0.1", self._broker), timeout=5)
                    broker.settimeout(None)
                    threading.Thread(target=self._copy, args=(client, broker), daemon=True).start()
                    threading.Thread(target=self._copy, args=(broker, client, True), daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket, answers: bool = False) -> None:  # noqa: FBT001, FBT002
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if answers and self.tear.is_set() and data[0] == 0x40:  # PUBACK
                    target.sendall(data[:1])
                    self.torn += 1
                    self.tear.clear()
                    break
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()


def test_a_broker_killed_in_the_middle_of_an_acknowledgement(
    tmp_path: Path, broker: Mosquitto, witness: Witness
) -> None:
    """It has the record, the device cannot know: it comes again, and its key says that it is the same."""
    proxy = Proxy(broker.port)
    with Road(tmp_path, proxy.port) as road:
        road.start_publisher()
        road.start_observer()
        until(lambda: witness.keys("/counts"))
        for round_ in range(1, 4):
            proxy.tear.set()
            until(lambda round_=round_: proxy.torn == round_)  # type: ignore[misc]
            broker.stop()
            road.back(broker, witness)
            road.more(5)
        road.end_observer()
        road.check(witness)
    repeated = len(witness.arrived) - len(witness.keys())
    assert repeated >= 3
    proxy.close()


def test_a_wrong_password_then_the_right_one(tmp_path: Path) -> None:
    subprocess.run(["mosquitto_passwd", "-b", "-c", tmp_path / "users", "pi", "right"], check=True)
    broker = Mosquitto(tmp_path, f"allow_anonymous false\npassword_file {tmp_path / 'users'}\n{UNLIMITED}")
    broker.start()
    witness = Witness(broker.port, login=("pi", "right"))
    until(lambda: witness.subscribed)
    (tmp_path / "password").write_text("wrong\n")
    with Road(tmp_path, broker.port, username="pi", password_file=str(tmp_path / "password")) as road:
        road.start_publisher()
        road.start_observer()
        until(lambda: "refused (Not authorized); check mqtt.username" in road.log.read_text())
        road.more(5)
        assert not witness.keys()
        (tmp_path / "password").write_text("right\n")
        until(lambda: witness.keys("/counts"))
        road.end_observer()
        road.check(witness)
        assert road.log.read_text().count("refused (Not authorized)") == 1
    witness.close()
    broker.stop()


def test_records_that_the_broker_does_not_allow_then_does(tmp_path: Path) -> None:
    """A refusing PUBACK: the records stay, the session stands, and one line says what is wrong."""
    rules = tmp_path / "rules"
    rules.write_text("topic read #\ntopic write +/+/+/+/status\n")
    broker = Mosquitto(tmp_path, f"allow_anonymous true\nacl_file {rules}\n{UNLIMITED}")
    broker.start()
    witness = Witness(broker.port)
    until(lambda: witness.subscribed)
    with Road(tmp_path, broker.port) as road:
        road.start_publisher()
        road.start_observer()
        until(lambda: "refused a message (Not authorized)" in road.log.read_text())
        road.more(40)  # more than the broker's window holds
        assert not witness.keys()
        rules.write_text("topic readwrite #\n")
        broker.reload()
        until(lambda: witness.keys("/counts"))
        until(lambda: witness.keys("/backfill"))
        road.end_observer()
        closed = set(road.closed())
        until(lambda: closed <= set(witness.keys()), 60)
        assert road.log.read_text().count("refused a message") == 1
        assert road.log.read_text().count("connected (MQTT") == 1
    witness.close()
    broker.stop()


def test_a_certificate_that_expired_then_was_renewed(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.issue("broker", days=-1)
    lines = [f"certfile {tmp_path}/broker.crt", f"keyfile {tmp_path}/broker.key", "allow_anonymous true", UNLIMITED]
    broker = Mosquitto(tmp_path, "\n".join([*lines, f"listener 0 {tmp_path}/witness.sock"]))
    broker.start()
    witness = Witness(str(tmp_path / "witness.sock"))
    until(lambda: witness.subscribed)
    url = f"mqtts://127.0.0.1:{broker.port}"
    with Road(tmp_path, broker.port, url=url, ca_file=str(tmp_path / "ca.crt")) as road:
        road.start_publisher()
        road.start_observer()
        until(lambda: re.search(r"certificate has expired; renew", road.log.read_text()))
        road.more(5)
        assert not witness.keys()
        authority.issue("broker", days=2)
        broker.reload()
        until(lambda: witness.keys("/counts"))
        road.end_observer()
        road.check(witness)
    witness.close()
    broker.stop()


def test_two_devices_with_one_id(tmp_path: Path, broker: Mosquitto, witness: Witness) -> None:
    """Cloned cards take the session from each other for ever; neither loses a record, both say what they know of it.

    Not every broker gives the reason each time: without it, only what was seen is said.
    """
    lines = ("another device uses the same id", "accepts and soon ends the session")
    roads = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        roads.append(Road(tmp_path / name, broker.port))
    with roads[0], roads[1]:
        for road in roads:
            road.start_publisher()
            road.start_observer()
        for road in roads:
            until(lambda road=road: any(line in road.log.read_text() for line in lines))  # type: ignore[misc]
        for road in roads:
            road.end_observer()
        closed = {key for road in roads for key in road.closed()}
        until(lambda: closed <= set(witness.keys()), 60)
        for road in roads:  # not at each of the sessions that are lost
            log = road.log.read_text()
            assert 3 * sum(log.count(line) for line in lines) <= log.count("connected (MQTT") + 6


def test_descriptors_run_out_while_the_broker_restarts(tmp_path: Path, broker: Mosquitto, witness: Witness) -> None:
    """The thread of the connection goes on: it publishes while connected, and connects again once there is room."""
    with Road(tmp_path, broker.port) as road:
        road.start_publisher()
        road.start_observer()
        until(witness.keys)
        assert road.publisher is not None
        pid = road.publisher.pid
        bounds = resource.prlimit(pid, resource.RLIMIT_NOFILE)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, bounds[1]))  # what is open stays open
        before = len(witness.keys())
        until(lambda: len(witness.keys()) > before + 5)
        broker.stop()
        until(lambda: "connection lost" in road.log.read_text())
        until(lambda: "Too many open files" in road.log.read_text())
        road.more(5)
        resource.prlimit(pid, resource.RLIMIT_NOFILE, bounds)
        road.back(broker, witness)
        road.more(5)
        road.end_observer()
        road.check(witness)
