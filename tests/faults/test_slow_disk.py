"""A card that needs seconds for each `fsync`, from the start or in an outage: nothing is lost, little is repeated."""

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import Mosquitto, until
from tests.faults.road import FULL, Road, Witness

SOURCE = Path(__file__).with_name("slow_sync.c")
PATIENCE = 900.0
"""Seconds for what needs a dozen of the slowest calls, on a busy machine."""

SHORT = (1, "start")
CASES = [(seconds, begin) for seconds in (1, 2, 3, 5) for begin in ("start", "outage")] if FULL else [SHORT]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is missing: apt install gcc libc6-dev")
    built = tmp_path_factory.mktemp("slow-sync") / "slow_sync.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", built, SOURCE, "-ldl"], check=True)
    return built


@pytest.mark.timeout(3 * PATIENCE)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} s from the {case[1]}")
def test_nothing_is_lost_and_each_record_is_repeated_at_most_once(
    tmp_path: Path, broker: Mosquitto, witness: Witness, library: Path, case: tuple[int, str]
) -> None:
    seconds, begin = case
    slow = tmp_path / "slow"
    prefix = ("env", f"LD_PRELOAD={library}", f"SLOW_SYNC={slow}")
    with Road(tmp_path, broker.port, interval=1.0, prefix=prefix) as road:
        if begin == "start":
            slow.write_text(str(seconds))
        road.start_publisher(PATIENCE)
        road.start_observer()
        # With nothing on its way: what a broker acknowledges just before it is killed, no subscriber may ever see.
        until(lambda: witness.keys() and set(road.closed()) <= set(witness.keys()), PATIENCE)
        slow.write_text(str(seconds))
        broker.stop()
        until((road.state / "spool.sqlite").exists, PATIENCE)
        road.more(10)
        road.back(broker, witness)
        closed = set(road.closed())
        until(lambda: closed <= set(witness.keys()), PATIENCE)
        until(lambda: not (road.state / "spool.sqlite").exists(), PATIENCE)
        slow.unlink()
        until(lambda: road.waiting() == 0, PATIENCE)
        road.end_observer()
        road.check(witness, PATIENCE)
    calls = (tmp_path / "slow.calls").stat().st_size
    assert calls > 2, "the spool was written through the slow calls"
    times = Counter((record["boot"], record["seq"]) for _topic, record in witness.arrived)
    repeated = {key: count for key, count in times.items() if count > 1}
    print(f"{seconds} s from the {begin}: {calls} slow calls, {len(times)} records, {len(repeated)} of them repeated")
    assert max(times.values()) <= 2
