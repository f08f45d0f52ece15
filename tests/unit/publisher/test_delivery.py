"""When a record is sent and where to, seen from the session's side."""

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.config import Settings, Spool
from edge.contract.phase import phase
from tests.support.delivery_bench import INTERVAL, Bench


@pytest.fixture
def bench(tmp_path: Path, settings: Settings) -> Iterator[Bench]:
    made = Bench(tmp_path / "state", settings)
    yield made
    made.delivery.close()


def test_a_live_record_leaves_at_this_devices_phase_of_the_interval(bench: Bench) -> None:
    bench.delivery.connected(20)
    bench.close_interval(0)
    due = phase("pi", INTERVAL)
    assert bench.run(due - 0.1) == []
    assert bench.run(0.2) == [("counts", 0)]


def test_phases_of_a_fleet_fill_the_first_part_of_the_interval() -> None:
    phases = sorted(phase(f"rpi-{serial:016x}", 4) for serial in range(1000))
    assert all(later - earlier < 0.02 for earlier, later in itertools.pairwise(phases))
    assert phases[0] < 0.02
    assert phases[-1] > 0.98


def test_the_sender_may_forget_a_record_once_the_broker_has_it(bench: Bench) -> None:
    bench.delivery.connected(20)
    bench.close_interval(0)
    bench.run(4, acknowledge=False)
    assert bench.delivery.take_confirmed() == []
    bench.delivery.acknowledged(1)
    assert [record.seq for record in bench.delivery.take_confirmed()] == [0]
    assert len(bench.spool) == 0


def test_without_the_broker_the_sender_may_forget_what_is_on_disk(bench: Bench) -> None:
    bench.close_interval(0)
    assert bench.delivery.take_confirmed() == []
    bench.delivery.run_due()
    assert [record.seq for record in bench.delivery.take_confirmed()] == [0]


def test_at_a_stop_without_the_broker_the_last_records_are_on_disk_before_the_session_ends(bench: Bench) -> None:
    """Its end may take so long that the process is killed meanwhile."""
    bench.close_interval(0)
    bench.delivery.flush()
    assert [record.seq for record in bench.delivery.take_confirmed()] == [0]


def test_a_record_that_the_broker_does_not_acknowledge_is_soon_on_disk(bench: Bench) -> None:
    bench.delivery.connected(20)
    bench.close_interval(0)
    bench.run(9, acknowledge=False)
    assert [record.seq for record in bench.delivery.take_confirmed()] == [0]


def test_a_record_that_waits_long_for_its_phase_is_on_disk_meanwhile(tmp_path: Path, settings: Settings) -> None:
    """Else a power cut within these minutes would cost an hour's record."""
    hourly = Bench(tmp_path / "state", settings, 3600)
    hourly.delivery.connected(20)
    hourly.close_interval(0)
    due = phase("pi", 3600)
    assert due > 60
    assert hourly.run(21) == []
    assert [record.seq for record in hourly.delivery.take_confirmed()] == [0]
    assert hourly.run(due) == [("counts", 0)]
    assert len(hourly.spool) == 0
    hourly.delivery.close()


def test_the_backlog_leaves_room_in_the_brokers_window(bench: Bench) -> None:
    for seq in range(100):
        bench.close_interval(seq)
    bench.delivery.run_due()
    bench.delivery.connected(10)
    assert bench.run(5, acknowledge=False) == [("backfill", seq) for seq in range(6)]
    bench.close_interval(100)
    assert bench.run(5, acknowledge=False) == [("counts", 100)]


def test_a_full_spool_that_drops_what_is_under_way_leaves_no_negative_number_of_waiting_records(
    tmp_path: Path, settings: Settings
) -> None:
    """It ended the publisher again and again, beside a broker that acknowledges nothing."""
    small = Bench(tmp_path / "state", settings, spool=Spool(max_days=9 * INTERVAL / 86_400))
    small.delivery.connected(20)
    for seq in range(12):
        small.close_interval(seq)
        small.run(INTERVAL, acknowledge=False)
    assert small.spool.dropped == 3
    assert small.delivery.under_way == 12
    assert small.delivery.waiting == 0
    small.delivery.close()


def test_what_was_under_way_when_the_connection_went_is_sent_again_in_order(bench: Bench) -> None:
    bench.delivery.connected(20)
    for seq in range(3):
        bench.close_interval(seq)
        bench.run(4, acknowledge=False)
    bench.delivery.disconnected()
    bench.run(1)
    bench.delivery.connected(20)
    assert bench.run(5) == [("backfill", 0), ("backfill", 1), ("backfill", 2)]
    assert all(json.loads(message.payload)["replayed"] for message in bench.sent[-3:])


def test_one_record_that_is_always_refused_does_not_stop_the_others(bench: Bench) -> None:
    for seq in range(200):
        bench.close_interval(seq)
    bench.delivery.run_due()
    bench.delivery.connected(20)
    got = bench.refuse({50, 51}, 120)
    assert set(got) == set(range(200)) - {50, 51}
    assert len(got) == len(set(got))
    assert len(bench.spool) == 2
    tries = len(bench.sent)
    bench.refuse({50, 51}, 600)
    assert 2 < len(bench.sent) - tries < 200, "tried again, at growing intervals"
    assert set(bench.refuse(set(), 700)) == {50, 51}


def test_when_live_records_are_taken_again_the_backlog_follows_at_once(bench: Bench) -> None:
    bench.delivery.connected(20)
    every = set(range(300))
    for seq in range(200):
        bench.close_interval(seq)
        assert bench.refuse(every, INTERVAL) == []
    bench.close_interval(200)
    assert set(bench.refuse(set(), 20)) == set(range(201))


def test_times_are_corrected_before_a_record_leaves(bench: Bench) -> None:
    bench.synced = False
    for seq in range(3):
        bench.close_interval(seq, ago=10.0 * (3 - seq), clock="unsynced", start="wrong")
    bench.delivery.run_due()
    bench.synced = True
    bench.delivery.connected(20)
    bench.run(2)
    payloads = [json.loads(message.payload) for message in bench.sent]
    assert [payload["clock"] for payload in payloads] == ["synced"] * 3
    starts = [payload["start"] for payload in payloads]
    assert starts == sorted(set(starts))
    assert "wrong" not in starts


def test_what_was_counted_under_a_former_name_names_the_topic_that_it_goes_to(bench: Bench) -> None:
    """A reader, `watch` as the database, refuses a record that names another site or device than its topic."""
    bench.close_interval(0, site="north-old", device="pi-old", room="B12")
    bench.spool.store()
    bench.delivery.connected(20)
    bench.run(20)
    message = bench.sent[-1]
    sent = json.loads(message.payload)
    assert message.topic == f"emotion-edge/v1/{sent['site']}/{sent['device']}/counts/backfill"
    assert (sent["site"], sent["device"], sent["room"], sent["seq"]) == ("north", "pi", "B12", 0)
    assert len(bench.spool) == 0
