"""The publisher's side of the door, with a true observer's end of it."""

import errno
import os
import selectors
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.contract.records import ClosedInterval, Heartbeat, PauseOrder
from edge.door.client import DoorClient
from edge.door.gate import Gate, Handled
from edge.door.lengths import Lengths
from edge.door.packets import Key
from edge.door.server import DoorServer
from edge.pause.remote import RemotePause
from edge.publisher import intake
from edge.publisher.intake import Intake
from tests.conftest import until
from tests.support.counts import closed
from tests.support.heartbeat import heartbeat

BOOT = "6f1c2a9e"


class Bench:
    """An intake whose main loop turns when a test says so, and observers that connect to it."""

    def __init__(self, folder: Path) -> None:
        self.now = 1000.0
        self.path = folder / "door.sock"
        self.records: list[ClosedInterval] = []
        self.heartbeats: list[Heartbeat] = []
        self.selector = selectors.DefaultSelector()
        self.door = DoorServer(self.path)
        self.intake = Intake(
            self.door,
            Gate(Lengths(10), monotonic=lambda: self.now),
            RemotePause(folder / "state"),
            self.selector,
            on_record=self.take,
            on_heartbeat=self.heartbeats.append,
        )
        self.orders: list[PauseOrder] = []

    def take(self, record: ClosedInterval, _handled: Handled) -> Key:
        self.records.append(record)
        return record.boot, record.seq

    def observer(self) -> DoorClient:
        return DoorClient(self.path, self.orders.append)

    def turn(self, *safe: Key) -> None:
        """Let the main loop turn until nothing more arrives."""
        while ready := self.selector.select(0):
            for key, _mask in ready:
                key.data(key.fileobj)
        self.intake.acknowledge(safe)

    def hand_in(self, observer: DoorClient, seq: int) -> Key:
        self.now += 10
        observer.send(closed(seq=seq, boot=BOOT, monotonic=self.now))
        self.turn()
        return BOOT, seq

    def waiting(self, observer: DoorClient) -> int:
        observer.pump()
        return observer.waiting


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.door.close()
    made.selector.close()


def test_a_record_is_acknowledged_when_it_is_safe_and_not_before(bench: Bench) -> None:
    observer = bench.observer()
    key = bench.hand_in(observer, 0)
    assert [one.seq for one in bench.records] == [0]
    assert bench.waiting(observer) == 1
    bench.turn(key)
    assert bench.waiting(observer) == 0


def test_a_record_that_is_repeated_before_it_is_safe_is_not_acknowledged_early(bench: Bench) -> None:
    """As after a broken connection: an early acknowledgement would lose the record with the publisher's memory."""
    observer = bench.observer()
    key = bench.hand_in(observer, 0)
    observer.close()
    bench.turn()
    assert bench.waiting(observer) == 1  # connects again, and repeats
    bench.turn()
    assert bench.waiting(observer) == 1
    assert len(bench.records) == 1
    bench.turn(key)
    assert bench.waiting(observer) == 0


def test_a_record_whose_acknowledgement_was_lost_is_acknowledged_again(bench: Bench) -> None:
    observer = bench.observer()
    key = bench.hand_in(observer, 0)
    observer.close()
    bench.turn(key)
    bench.waiting(observer)
    bench.turn()
    assert bench.waiting(observer) == 0
    assert len(bench.records) == 1


def test_acknowledgements_wait_for_an_observer_that_does_not_read(bench: Bench) -> None:
    observer = bench.observer()
    keys = [bench.hand_in(observer, seq) for seq in range(600)]
    for key in keys:  # one packet each, more than its socket takes
        bench.turn(key)

    def all_arrived() -> bool:
        bench.turn()
        return bench.waiting(observer) == 0

    until(all_arrived)


def test_who_repeats_records_and_never_reads_does_not_fill_the_memory(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.publisher.intake.BACKLOG", 50)
    observer = bench.observer()
    key = bench.hand_in(observer, 0)
    bench.turn(key)
    packet = closed(seq=0, boot=BOOT, monotonic=bench.now).model_dump_json().encode()
    assert observer._socket is not None
    for _ in range(300):
        observer._socket.send(packet)
        bench.turn()
    assert max(map(len, bench.intake._owed.values())) <= 50


def test_the_switch_reaches_an_observer_at_once_at_its_connect_and_when_it_missed_it(bench: Bench) -> None:
    early = bench.observer()
    bench.hand_in(early, 0)
    bench.intake.switch_pause(True)
    bench.waiting(early)
    assert bench.orders == [PauseOrder(remote=False), PauseOrder(remote=True)]
    early.beat(heartbeat("running"))  # it says that nobody holds the pause
    bench.turn()
    bench.waiting(early)
    assert bench.orders[2:] == [PauseOrder(remote=True)]
    assert bench.heartbeats[0].camera.state == "running"
    late = bench.observer()
    bench.hand_in(late, 1)
    bench.waiting(late)
    assert bench.orders[3:] == [PauseOrder(remote=True)]


def test_what_is_no_message_is_counted_and_changes_nothing(bench: Bench) -> None:
    observer = bench.observer()
    bench.hand_in(observer, 0)
    assert observer._socket is not None
    for noise in (b"{}", b"\xff", b"x" * 4000):
        observer._socket.send(noise)
    bench.turn()
    assert bench.intake.refused == 3
    assert (len(bench.records), bench.heartbeats) == (1, [])


def test_a_socket_that_was_deleted_is_said_and_made_again(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """An observer that is connected stays so; one that starts later finds a socket."""
    connected = bench.observer()
    bench.hand_in(connected, 0)
    bench.path.unlink()
    bench.intake.restore_door()
    assert "door.sock: the socket was deleted; the publisher listens there again" in caplog.text
    later = bench.observer()
    bench.hand_in(later, 1)
    bench.hand_in(connected, 2)
    assert [record.seq for record in bench.records] == [0, 1, 2]
    later.close()
    connected.close()


def test_what_took_the_place_of_the_socket_is_left_there_and_named_once(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_LOOK_SECONDS", 0.0)
    bench.path.unlink()
    bench.path.write_text("a file")
    for _ in range(3):
        bench.intake.restore_door()
    assert caplog.text.count("is no socket, so it is left as it is") == 1
    assert bench.path.read_text() == "a file"
    bench.path.unlink()
    bench.intake.restore_door()
    observer = bench.observer()
    bench.hand_in(observer, 0)
    assert len(bench.records) == 1
    observer.close()


def test_a_socket_that_was_deleted_while_no_descriptor_is_free_is_made_when_one_is(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_LOOK_SECONDS", 0.0)
    bench.path.unlink()

    def no_descriptor(*_: object, **__: object) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(socket.socket, "__init__", no_descriptor)
    bench.intake.restore_door()
    monkeypatch.undo()  # now one is
    assert "door.sock: cannot listen there (Too many open files)" in caplog.text
    bench.intake._look_at_door = 0.0
    bench.intake.restore_door()
    observer = bench.observer()
    bench.hand_in(observer, 0)
    assert len(bench.records) == 1
    observer.close()
