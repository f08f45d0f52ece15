"""The door lets through one small record per interval and nothing else, and loses none on the way."""

import json
import logging
import math
import select
import socket
import stat
from collections.abc import Sized
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.records import ClosedInterval, PauseOrder
from edge.door.absence import Absence
from edge.door.client import DoorClient
from edge.door.gate import Gate
from edge.door.lengths import Lengths
from edge.door.modes import Modes
from edge.door.packets import BACKLOG, MAX_PACKET
from edge.door.server import DoorServer
from edge.errors import Unavailable
from tests.support.counts import closed

NOW = 100_000.0
RECORD = closed(monotonic=NOW).model_dump_json()


def gate() -> Gate:
    return Gate(Lengths(10), monotonic=lambda: NOW)


def packet(**changes: Any) -> bytes:
    values = json.loads(RECORD)
    for path, value in changes.items():
        *parents, leaf = path.split("__")
        target = values
        for parent in parents:
            target = target[parent]
        target[leaf] = value
    return json.dumps(values).encode()


def test_a_record_passes_and_fits_the_limit_with_room_to_spare() -> None:
    assert len(packet()) < MAX_PACKET / 2
    assert isinstance(gate().admit(packet()), ClosedInterval)


@pytest.mark.parametrize(
    "hostile",
    [
        packet(picture="iVBORw0KGgo="),
        packet(faces__landmarks=[1, 2]),
        packet(emotions__happy=1.23456789),
        packet(emotions__happy=float("1e300")),
        packet(observations__happy=-1),
        packet(observations__happy=100_000_000),
        packet(observations__happy="12"),
        packet(unsure=None),
        packet(unsure=1.0),
        packet(emotions__sad=0.1),
        packet(faces__max=5),
        packet(frames__analysed=0),
        packet(paused=True),
        packet(model="x" * 500),
        packet(model="secret message (sha256 0123456789ab)"),
        packet(boot="zzzzzzzz"),
        packet(kind="picture"),
        packet(start="2026-11-22T09:05:00Z"),
        packet(monotonic=NOW + 60),
        packet(monotonic=NOW - 2 * BACKLOG * 10),
        packet() + b" " * MAX_PACKET,
        b"",
        b"null",
        b"[]",
        b"\x89PNG\r\n",
    ],
)
def test_whatever_is_larger_or_of_another_shape_is_dropped_and_counted(hostile: bytes) -> None:
    door = gate()
    assert door.admit(hostile) is None
    assert door.refused == 1


@given(st.binary(max_size=4096))
def test_no_bytes_whatever_pass_or_raise(noise: bytes) -> None:
    assert gate().admit(noise) is None


@given(
    st.dictionaries(
        st.sampled_from(["boot", "seq", "model", "faces", "emotions", "observations", "unsure", "kind", "clock"]),
        st.recursive(st.none() | st.text() | st.floats() | st.integers(), st.lists, max_leaves=5),
        min_size=1,
    )
)
def test_a_record_with_foreign_values_carries_none_of_them_through(changes: dict[str, Any]) -> None:
    """Whatever is admitted is a valid record again, so the values it may hold are those of the schema."""
    admitted = gate().admit(json.dumps(closed(monotonic=NOW).model_dump() | changes).encode())
    if isinstance(admitted, ClosedInterval):
        assert ClosedInterval.model_validate_json(admitted.model_dump_json()) == admitted
        assert len(admitted.model_dump_json()) < MAX_PACKET


def test_faster_than_one_record_an_interval_is_dropped() -> None:
    door = gate()
    assert door.admit(packet(seq=1))
    assert door.admit(packet(seq=2, monotonic=NOW + 0.5)) is None
    assert door.refused == 1


def test_a_repeated_record_is_known_as_such_whatever_it_says_now() -> None:
    """Its acknowledgement got lost; publishing it again would let one number carry ever new values."""
    door = gate()
    assert door.admit(packet(seq=4))
    assert not door.repeated
    assert door.admit(packet(seq=4, faces__max=9))
    assert door.repeated


def test_pretending_to_start_anew_is_no_way_round_that() -> None:
    door = gate()
    assert door.admit(packet(boot="00000001"))
    assert all(door.admit(packet(boot=f"{n:08x}", monotonic=NOW + n / 1e6)) is None for n in range(2, 100))
    assert door.refused == 98


def test_a_backlog_of_earlier_intervals_passes_at_once() -> None:
    """After the other side was away, the records of the meantime come in a burst."""
    door = gate()
    for seq in range(BACKLOG):
        assert door.admit(packet(seq=seq, monotonic=NOW - (BACKLOG - seq) * 10))
    assert door.refused == 0


def test_records_of_a_former_interval_pass_until_it_ended_and_never_after_one_of_the_new() -> None:
    door = Gate(Lengths(60, {5: NOW - 100}), monotonic=lambda: NOW)
    before = [packet(seq=seq, monotonic=NOW - 160 + 5 * seq, interval_seconds=5) for seq in range(20)]
    assert sum(door.admit(one) is not None for one in before) == 13, "those that ended before the change"
    assert door.admit(packet(boot="00000002", seq=0, monotonic=NOW - 60, interval_seconds=60))
    assert door.admit(packet(boot="00000002", seq=1, monotonic=NOW, interval_seconds=60))
    assert door.refused == 7


def test_no_observer_chooses_its_interval_freely() -> None:
    """Each choice would say something, and a shorter interval would let more records pass."""
    door = Gate(Lengths(60, {5: math.inf, 30: math.inf}), monotonic=lambda: NOW)
    assert door.admit(packet(monotonic=NOW - 600, interval_seconds=5))
    assert not any(
        door.admit(packet(seq=seq, monotonic=NOW - 300 + seq, interval_seconds=seq)) for seq in (1, 10, 15, 20, 3600)
    )
    assert not door.admit(packet(seq=1, monotonic=NOW - 599, interval_seconds=5)), "more than one an interval"
    assert door.admit(packet(seq=1, monotonic=NOW - 120, interval_seconds=60))
    assert not any(door.admit(packet(seq=2, monotonic=NOW - 60, interval_seconds=length)) for length in (5, 30))


def alone(**more: Any) -> bytes:
    """Return the packet of a record of faces alone."""
    nothing = {name: dict.fromkeys(json.loads(RECORD)[name]) for name in ("emotions", "observations")}
    return packet(mode="presence", unsure=None, **nothing, **more)


def test_no_emotions_pass_where_the_configuration_says_faces_alone() -> None:
    door = Gate(Lengths(10), monotonic=lambda: NOW, modes=Modes("presence", "presence"))
    assert door.admit(packet(seq=1, monotonic=NOW - 10)) is None
    assert door.admit(alone(seq=1))
    assert door.refused == 1


def test_emotions_of_before_a_change_to_faces_alone_pass_until_both_have_agreed() -> None:
    now = [NOW]
    door = Gate(Lengths(10), monotonic=lambda: now[0], modes=Modes("presence", "emotions"))
    assert door.admit(packet(seq=1, monotonic=NOW - 20))
    door.agreed()
    assert door.admit(packet(seq=2, monotonic=NOW - 10)), "it waited at the door"
    now[0] += 10
    assert door.admit(packet(seq=3, monotonic=NOW + 10)) is None
    assert door.admit(alone(seq=3, monotonic=NOW + 10))


def test_the_interval_of_a_changed_file_passes_and_the_file_is_read_rarely() -> None:
    """An observer that was started with it is ahead of the publisher."""
    now, asked = [NOW], list[float]()

    def of_file() -> float:
        asked.append(now[0])
        return 60

    door = Gate(Lengths(5, {}, of_file, lambda: now[0]), monotonic=lambda: now[0])
    assert not any(door.admit(packet(seq=seq, monotonic=NOW, interval_seconds=30)) for seq in range(100))
    now[0] += 60
    assert len(asked) == 1
    assert door.admit(packet(monotonic=now[0], interval_seconds=60))


def test_heartbeats_are_bounded() -> None:
    beat = json.dumps(
        {
            "kind": "heartbeat",
            "boot": "6f1c2a9e",
            "monotonic": NOW,
            "camera": {"state": "running", "error": None, "restarts": 0},
            "paused_by": {"remote": False, "schedule": False, "button": False},
            "frames_per_second": 2.0,
            "seconds_between_scans": 1.0,
            "light": "good",
            "resident_megabytes": 90,
            "network_isolated": True,
            "model": "emotion-edge-standard-1 (sha256 0123456789ab)",
            "runtime": "tflite-runtime",
        }
    ).encode()
    door = gate()
    assert sum(door.admit(beat) is not None for _ in range(1000)) == 60


def drain(server: DoorServer, connection: socket.socket) -> list[ClosedInterval]:
    """Receive what is there; acknowledge nothing."""
    taken = []
    while select.select([connection], [], [], 0)[0] and (packet := server.receive(connection)):
        taken.append(ClosedInterval.model_validate_json(packet))
    return taken


def test_records_wait_for_the_other_side_and_arrive_in_order(tmp_path: Path) -> None:
    client = DoorClient(tmp_path / "door.sock")
    for seq in range(3):
        client.send(closed(seq))
    server = DoorServer(tmp_path / "door.sock")
    client.pump()
    connection = server.accept()
    assert connection is not None
    assert [r.seq for r in drain(server, connection)] == [0, 1, 2]
    server.close()


def test_what_was_not_acknowledged_is_sent_again_to_the_next_publisher(tmp_path: Path) -> None:
    """The publisher died between taking a record in and storing it."""
    client = DoorClient(tmp_path / "door.sock")
    server = DoorServer(tmp_path / "door.sock")
    for seq in range(3):
        client.send(closed(seq))
    connection = server.accept()
    assert connection is not None
    taken = drain(server, connection)
    assert server.acknowledge(connection, [(taken[0].boot, taken[0].seq)]) == []
    client.pump()
    server.close()

    successor = DoorServer(tmp_path / "door.sock")
    client.pump()  # notices the hang-up
    client.pump()  # connects anew
    connection = successor.accept()
    assert connection is not None
    assert [r.seq for r in drain(successor, connection)] == [1, 2]
    assert client.waiting == 2
    successor.close()


def test_the_backlog_is_bounded_and_drops_the_oldest(tmp_path: Path) -> None:
    client = DoorClient(tmp_path / "door.sock")
    record = closed()
    for seq in range(BACKLOG + 5):
        client.send(record.model_copy(update={"seq": seq}))
    assert client.waiting == BACKLOG
    server = DoorServer(tmp_path / "door.sock")
    client.pump()
    connection = server.accept()
    assert connection is not None
    assert drain(server, connection)[0].seq == 5
    server.close()


@pytest.mark.parametrize("other_side", ["away", "hangs", "was there"])
def test_however_long_the_other_side_is_away_no_list_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other_side: str
) -> None:
    monkeypatch.setattr("edge.door.client.BACKLOG", 300)
    server = DoorServer(tmp_path / "door.sock") if other_side != "away" else None
    client = DoorClient(tmp_path / "door.sock")
    client.pump()
    if server and other_side == "was there":
        server.close()
    record = closed()
    for seq in range(1000):
        client.send(record.model_copy(update={"seq": seq}))
    assert client.waiting == 300
    assert max(len(value) for value in vars(client).values() if isinstance(value, Sized)) <= 300
    if server and other_side == "hangs":
        connection = server.accept()
        assert connection is not None
        numbers = list[int]()
        while more := [record.seq for record in drain(server, connection)]:
            numbers += more
            client.pump()
        assert numbers[-300:] == [*range(700, 1000)]
        assert numbers[:-300] == [*range(len(numbers) - 300)], "what the kernel had taken before"
        server.close()


def test_a_packet_over_the_limit_is_recognised_as_such(tmp_path: Path) -> None:
    server = DoorServer(tmp_path / "door.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as intruder:
        intruder.connect(str(tmp_path / "door.sock"))
        connection = server.accept()
        assert connection is not None
        intruder.send(b"x" * 100_000)
        packet = server.receive(connection)
        assert packet is not None
        assert gate().admit(packet) is None
    server.close()


def test_only_the_owner_may_knock(tmp_path: Path) -> None:
    server = DoorServer(tmp_path / "door.sock")
    assert stat.S_IMODE((tmp_path / "door.sock").stat().st_mode) == 0o600
    server.close()
    assert not (tmp_path / "door.sock").exists()


def test_a_second_publisher_is_told_about_the_first(tmp_path: Path) -> None:
    server = DoorServer(tmp_path / "door.sock")
    with pytest.raises(Unavailable, match=r"another publisher .*--door"):
        DoorServer(tmp_path / "door.sock")
    server.close()


def test_the_socket_of_a_dead_publisher_is_no_obstacle(tmp_path: Path) -> None:
    DoorServer(tmp_path / "door.sock").listener.close()
    successor = DoorServer(tmp_path / "door.sock")
    DoorClient(tmp_path / "door.sock").send(closed())
    assert successor.accept() is not None
    successor.close()


def connected(tmp_path: Path, orders: list[PauseOrder]) -> tuple[DoorServer, DoorClient, socket.socket]:
    server = DoorServer(tmp_path / "door.sock")
    client = DoorClient(tmp_path / "door.sock", orders.append)
    client.send(closed())
    connection = server.accept()
    assert connection is not None
    return server, client, connection


def test_the_order_to_look_away_crosses_the_door(tmp_path: Path) -> None:
    orders: list[PauseOrder] = []
    server, client, _connection = connected(tmp_path, orders)
    server.order(PauseOrder(remote=True))
    client.pump()
    assert orders == [PauseOrder(remote=True)]
    server.close()


@pytest.mark.parametrize(
    "hostile",
    [
        b"[]",
        b"null",
        b'["6f1c2a9e"]',
        b'["6f1c2a9e", "0"]',
        b'[["6f1c2a9e"], 0]',
        b'{"kind": "pause"}',
        b'{"kind": "pause", "remote": "yes"}',
        b'{"kind": "pause", "remote": true, "schedule": false}',
        b'{"kind": "pause", "button": false}',
        b'{"kind": "resume"}',
        b'{"kind": "pause", "remote": true}' + b" " * MAX_PACKET,
        b"\xff" * 20,
    ],
)
def test_the_observer_believes_nothing_else_from_the_publisher(
    tmp_path: Path, hostile: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    orders: list[PauseOrder] = []
    server, client, connection = connected(tmp_path, orders)
    for _ in range(3):
        connection.send(hostile)
    client.pump()
    assert (orders, client.refused, client.waiting) == ([], 3, 1)
    assert len(caplog.records) == 1
    server.close()


@given(st.binary(min_size=1, max_size=400))
def test_no_answer_whatever_makes_the_observer_fall_or_look_again(noise: bytes) -> None:
    orders: list[PauseOrder] = []
    client = DoorClient(Path("/nowhere"), orders.append)
    client._answered(noise)  # the socket brings any bytes as they are
    assert orders == []


def test_an_observer_that_finds_no_publisher_says_so_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    now = [0.0]
    absence = Absence(tmp_path / "door.sock", lambda: now[0])
    gone = FileNotFoundError(2, "No such file or directory")
    for now[0] in (0.0, 5.0, 9.0):  # as long as a publisher may take to restart
        absence.failed(gone, 1)
    assert caplog.text == ""
    for now[0] in (11.0, 21.0):
        absence.failed(gone, 2)
    (line,) = [record.message for record in caplog.records]
    assert line.startswith(f"{tmp_path}/door.sock: no publisher can be reached there for 11 s (the socket was deleted)")
    assert "(2 now); start or restart the publisher" in line
    absence.over()
    absence.over()
    assert [record.message for record in caplog.records[1:]] == [
        f"{tmp_path}/door.sock: the publisher can be reached again"
    ]
