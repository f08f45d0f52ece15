"""A day of records that waited for the broker."""

from pathlib import Path

from edge.config import Settings
from tests.support.delivery_bench import INTERVAL, Bench


def test_a_days_backlog_is_made_up_for_in_ten_minutes_and_delays_no_live_record(
    tmp_path: Path, settings: Settings
) -> None:
    bench = Bench(tmp_path / "state", settings)
    for seq in range(8640):
        bench.close_interval(seq)
        if seq % 100 == 99:
            bench.delivery.run_due()
    bench.delivery.run_due()
    bench.delivery.connected(20)
    sent = []
    for seq in range(8640, 8700):
        bench.close_interval(seq)
        sent += bench.run(INTERVAL)
    assert [seq for topic, seq in sent if topic == "backfill"] == list(range(8640))
    assert [seq for topic, seq in sent if topic == "counts"] == list(range(8640, 8700))
    assert len(bench.spool) == 0
    bench.delivery.close()
