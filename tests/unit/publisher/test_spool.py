"""The spool keeps records until the broker has them, within its bounds, whatever the disk does."""

import contextlib
import errno
import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from unittest.mock import patch

import pytest

from edge.config import Spool as SpoolSettings
from edge.publisher.clock_correction import ClockCorrection
from edge.publisher.spool import file as file_module
from edge.publisher.spool import spool as spool_module
from edge.publisher.spool.damage import is_damage
from edge.publisher.spool.file import SpoolFile
from edge.publisher.spool.spool import Spool
from edge.system import machine
from tests.support.clock import Time
from tests.support.spools import every, fill, payload


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def test_while_the_broker_answers_nothing_is_written(state: Path) -> None:
    spool = Spool(state, SpoolSettings())
    before = sorted(state.iterdir())
    for seq in range(100):
        record = spool.add(payload(seq), 0.0)
        assert not spool.is_safe(record)
        spool.remove(record)
        spool.run_due()
    assert sorted(state.iterdir()) == before == []
    assert len(spool) == 0
    spool.close()


def test_what_was_stored_is_still_there_after_a_restart(state: Path) -> None:
    spool = Spool(state, SpoolSettings())
    fill(spool, range(3))
    assert [record.seq for record in spool.store()] == [0, 1, 2]
    again = Spool(state, SpoolSettings())
    assert every(again) == [0, 1, 2]
    again.close()
    spool.close()


def test_a_stop_stores_what_is_only_in_memory(state: Path) -> None:
    spool = Spool(state, SpoolSettings())
    fill(spool, range(3))
    spool.close()
    again = Spool(state, SpoolSettings())
    assert every(again) == [0, 1, 2]
    again.close()


def test_what_was_removed_is_gone_and_with_the_last_the_file(state: Path, time: Time) -> None:
    spool = Spool(state, SpoolSettings(), monotonic=time)
    fill(spool, range(3))
    spool.store()
    records = spool.after(0)
    spool.remove(records[1])
    assert every(spool) == [0, 2]
    assert len(spool) == 2
    spool.remove(records[0])
    spool.remove(records[2])
    time.now += 2
    spool.run_due()
    assert len(spool) == 0
    assert list(state.iterdir()) == []
    spool.close()


@pytest.mark.parametrize("stored", [True, False])
def test_a_repeated_record_is_kept_once(state: Path, stored: bool) -> None:  # noqa: FBT001
    spool = Spool(state, SpoolSettings())
    spool.add(payload(7), 0.0)
    if stored:
        spool.store()
    again = spool.add(payload(7), 0.0)
    assert spool.is_safe(again) == stored
    assert len(spool) == 1
    spool.close()


def test_a_record_that_an_earlier_run_stored_is_kept_once(state: Path) -> None:
    spool = Spool(state, SpoolSettings())
    spool.add(payload(7), 0.0)
    spool.close()
    again = Spool(state, SpoolSettings())
    assert again.is_safe(again.add(payload(7), 0.0))
    assert len(again) == 1
    again.close()


def test_when_full_the_oldest_go_and_are_counted(state: Path) -> None:
    spool = Spool(state, SpoolSettings(max_megabytes=1))
    for seq in range(2000):
        spool.add(payload(seq, "x" * 1000), 0.0)
        if seq % 10 == 9:
            spool.store()
    assert spool.dropped > 0
    assert spool.dropped + len(spool) == 2000
    assert every(spool) == list(range(spool.dropped, 2000))
    assert (state / "spool.sqlite").stat().st_size < 2 * 2**20
    spool.close()


def test_more_than_max_days_of_counting_go_whatever_the_wall_clock_says(state: Path) -> None:
    spool = Spool(state, SpoolSettings(max_days=0.01), interval_seconds=10)  # 86 intervals
    for seq in range(200):
        spool.add(payload(seq), 0.0)
        spool.store()
    assert every(spool) == list(range(114, 200))
    assert spool.dropped == 114
    spool.close()


def test_memory_is_bounded_while_there_is_no_disk(
    state: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(spool_module, "MEMORY", 50)
    state.touch()
    spool = Spool(state, SpoolSettings())
    fill(spool, range(60))
    assert every(spool) == list(range(10, 60))
    assert spool.dropped == 10
    assert "records are kept in memory only" in caplog.text
    spool.close()


def test_a_disk_that_becomes_usable_is_used(state: Path, time: Time, caplog: pytest.LogCaptureFixture) -> None:
    state.touch()
    spool = Spool(state, SpoolSettings(), monotonic=time)
    fill(spool, range(3))
    assert spool.store() == []
    assert spool.problem
    state.unlink()
    time.now += 1000
    assert len(spool.store()) == 3
    assert not spool.problem
    assert caplog.text.count("kept in memory only") == 1
    spool.close()


def test_a_disk_that_comes_late_with_older_records_loses_neither(state: Path, time: Time) -> None:
    earlier = Spool(state, SpoolSettings())
    fill(earlier, range(5))
    earlier.close()
    state.rename(state.with_name("away"))
    state.touch()
    spool = Spool(state, SpoolSettings(), monotonic=time)
    fill(spool, range(5, 8))
    state.unlink()
    state.with_name("away").rename(state)
    time.now += 1000
    spool.store()
    assert every(spool) == list(range(8))
    spool.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB in memory."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder], check=False)
    if mount.returncode:
        pytest.skip("cannot mount a file system here (not root?)")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_a_full_disk_loses_nothing_and_is_used_again_when_there_is_room(small_disk: Path, time: Time) -> None:
    spool = Spool(small_disk, SpoolSettings(), monotonic=time)
    fill(spool, range(10))
    spool.store()
    (small_disk / "filler").write_bytes(b"x" * 10_000)
    with pytest.raises(OSError, match="No space"), (small_disk / "more").open("wb") as more:
        more.write(b"x" * 1_000_000)
    fill(spool, range(10, 300), text="x" * 1000)
    assert spool.store() == []
    assert "full" in spool.problem
    time.now += 1000  # the failed write gave its pages back
    assert every(spool) == list(range(300))
    (small_disk / "more").unlink()
    (small_disk / "filler").unlink()
    subprocess.run(["mount", "-o", "remount,size=4m", small_disk], check=True)
    time.now += 1000
    assert len(spool.store()) == 290
    assert not spool.problem
    assert every(spool) == list(range(300))
    spool.close()


def test_a_full_disk_is_emptied_by_the_broker_and_not_by_a_person(small_disk: Path, time: Time) -> None:
    """It was filled by the spool alone, and takes not even a deletion. What comes later is delivered, too."""
    spool = Spool(small_disk, SpoolSettings(), monotonic=time)
    stored = 0
    while not spool.problem:
        fill(spool, range(stored, stored + 20), text="x" * 800)
        stored += len(spool.store())
    with contextlib.suppress(OSError), (small_disk / "filler").open("wb", buffering=0) as filler:
        while True:
            filler.write(b"x")
    assert stored > 40
    time.now += 1000
    fill(spool, range(stored, stored + 40), text="x" * 800)
    assert spool.store() == []
    delivered: list[int] = []
    while batch := spool.after(0, 10):
        delivered += [record.seq for record in batch]
        for record in batch:
            spool.remove(record)
        time.now += 1
        spool.run_due()
    assert delivered == list(range(stored + 40))
    assert len(spool) == 0
    assert [each.name for each in small_disk.iterdir()] == ["filler"]
    (small_disk / "filler").unlink()
    time.now += 1000
    fill(spool, range(5000, 5010))
    assert len(spool.store()) == 10
    assert not spool.problem
    spool.close()


def test_a_read_only_disk_loses_nothing_and_is_used_again(small_disk: Path, time: Time) -> None:
    spool = Spool(small_disk, SpoolSettings(), monotonic=time)
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    fill(spool, range(10))
    assert spool.store() == []
    assert spool.problem
    assert every(spool) == list(range(10))
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    time.now += 1000
    spool.run_due()
    assert not spool.problem
    assert len(spool.store()) == 10
    spool.close()


def become_read_only(spool: Spool, disk: Path, seqs: range) -> None:
    """Let a disk fail while `seqs` are to be stored, and become read-only once the spool has closed its file."""
    fill(spool, seqs, text="x" * 4000)
    with patch.object(SpoolFile, "insert", side_effect=OSError(errno.EIO, "Input/output error")):
        assert spool.store() == []
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)


def become_writable(spool: Spool, disk: Path, time: Time) -> None:
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    time.now += 400
    spool.run_due()
    spool.store()


def test_records_on_a_disk_that_became_read_only_keep_their_place(small_disk: Path, time: Time) -> None:
    """Those of the last hour are in memory, too."""
    spool = Spool(small_disk, SpoolSettings(), monotonic=time)
    fill(spool, range(4))
    spool.store()
    become_read_only(spool, small_disk, range(4, 20))
    assert every(spool) == list(range(20))
    for record in spool.after(0, 3):
        spool.remove(record)
    assert every(spool) == list(range(3, 20))
    become_writable(spool, small_disk, time)
    assert not spool.problem
    assert every(spool) == list(range(3, 20))
    spool.close()


@pytest.mark.parametrize("opened", [True, False])
def test_newer_records_wait_for_older_ones_that_cannot_be_read_now(
    small_disk: Path,
    time: Time,
    opened: bool,  # noqa: FBT001
) -> None:
    """For ten minutes: a disk that never comes back must not hold up the others for good."""
    earlier = Spool(small_disk, SpoolSettings())
    fill(earlier, range(4))
    earlier.close()
    if opened:
        spool = Spool(small_disk, SpoolSettings(), monotonic=time)
        become_read_only(spool, small_disk, range(4, 20))
    else:
        subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
        spool = Spool(small_disk, SpoolSettings(), monotonic=time)
        fill(spool, range(4, 20))
    assert every(spool) == []
    become_writable(spool, small_disk, time)
    assert every(spool) == list(range(20))
    spool.close()


def test_a_disk_that_stays_away_does_not_hold_up_the_others_for_good(small_disk: Path, time: Time) -> None:
    earlier = Spool(small_disk, SpoolSettings())
    fill(earlier, range(4))
    earlier.close()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    spool = Spool(small_disk, SpoolSettings(), monotonic=time)
    fill(spool, range(4, 10))
    assert every(spool) == []
    time.now += 601
    assert every(spool) == list(range(4, 10))
    spool.close()


def test_garbage_is_set_aside_and_reported(state: Path, caplog: pytest.LogCaptureFixture) -> None:
    state.mkdir()
    (state / "spool.sqlite").write_bytes(b"this is no database" * 100)
    spool = Spool(state, SpoolSettings())
    fill(spool, range(3))
    assert len(spool.store()) == 3
    assert (state / "spool.sqlite.corrupt-1").read_bytes().startswith(b"this is no")
    assert "damaged, now spool.sqlite.corrupt-1" in caplog.text
    assert not spool.problem
    spool.close()


def test_a_file_that_is_damaged_while_in_use_costs_no_record_of_the_last_hour(state: Path, time: Time) -> None:
    spool = Spool(state, SpoolSettings(), monotonic=time)
    fill(spool, range(300))
    spool.store()
    size = (state / "spool.sqlite").stat().st_size
    for file in state.iterdir():
        file.write_bytes(b"\xa5" * max(size, file.stat().st_size))
    fill(spool, range(300, 310))
    spool.store()
    assert every(spool) == list(range(310))
    assert (state / "spool.sqlite.corrupt-1").exists()
    spool.close()


def test_of_a_damaged_file_what_can_be_read_is_kept(state: Path) -> None:
    spool = Spool(state, SpoolSettings())
    fill(spool, range(2000), text="x" * 100)
    spool.close()
    content = bytearray((state / "spool.sqlite").read_bytes())
    content[len(content) * 3 // 4 : len(content) * 3 // 4 + 8192] = b"\xff" * 8192
    (state / "spool.sqlite").write_bytes(content)
    again = Spool(state, SpoolSettings())
    assert len(every(again)) > 500
    assert every(again) == sorted(every(again))
    assert (state / "spool.sqlite.corrupt-1").exists()
    again.close()


def with_damaged_index(state: Path) -> Path:
    """Return a spool's file whose index says that it holds nothing; its three rows are all there."""
    spool = Spool(state, SpoolSettings())
    fill(spool, range(3))
    spool.close()
    file = state / "spool.sqlite"
    with contextlib.closing(sqlite3.connect(file)) as database:
        page = int(database.execute("SELECT rootpage FROM sqlite_master WHERE type = 'index'").fetchone()[0])
    content = bytearray(file.read_bytes())
    content[(page - 1) * 4096 + 3 : (page - 1) * 4096 + 5] = bytes(2)
    file.write_bytes(content)
    return file


def test_a_damaged_index_costs_no_record(state: Path) -> None:
    """SQLite counts by the index: a file that seems empty would be deleted."""
    with_damaged_index(state)
    spool = Spool(state, SpoolSettings())
    assert every(spool) == [0, 1, 2]
    assert (state / "spool.sqlite.corrupt-1").exists()
    spool.close()


def test_a_damaged_index_is_known_as_damage_when_only_a_deletion_shows_it(state: Path) -> None:
    with (
        contextlib.closing(sqlite3.connect(with_damaged_index(state))) as database,
        pytest.raises(sqlite3.DatabaseError) as caught,
    ):
        database.execute("DELETE FROM record WHERE number = 1")
    assert is_damage(caught.value, state / "spool.sqlite")


def test_only_the_newest_damaged_files_are_kept(state: Path) -> None:
    for attempt in range(6):
        state.mkdir(exist_ok=True)
        (state / "spool.sqlite").write_bytes(f"garbage {attempt}".encode() * 100)
        Spool(state, SpoolSettings()).close()
    assert sorted(file.name for file in state.iterdir()) == [f"spool.sqlite.corrupt-{n}" for n in (4, 5, 6)]


def test_a_file_of_another_version_is_not_written_into(state: Path) -> None:
    state.mkdir()
    with sqlite3.connect(state / "spool.sqlite") as database:
        database.execute("PRAGMA user_version = 99")
    database.close()
    spool = Spool(state, SpoolSettings())
    fill(spool, range(1))
    spool.store()
    assert every(spool) == [0]
    assert (state / "spool.sqlite.corrupt-1").exists()
    spool.close()


def test_a_power_cut_at_any_moment_leaves_every_stored_record(state: Path, tmp_path: Path) -> None:
    """Copy the files as they are after each commit, as a card would hold them, and with a torn last write."""
    spool = Spool(state, SpoolSettings())
    for seq in range(30):
        spool.add(payload(seq), 0.0)
        spool.store()
        for torn in (0, 1, 100):
            copy = tmp_path / f"cut-{seq}-{torn}"
            shutil.copytree(state, copy)
            if torn:
                with (copy / "spool.sqlite-wal").open("ab") as log:
                    log.write(b"\x55" * torn)
            (copy / "spool.sqlite-shm").unlink(missing_ok=True)
            survivor = Spool(copy, SpoolSettings())
            assert not survivor.problem
            assert every(survivor) == list(range(seq + 1))
            survivor.close()
            shutil.rmtree(copy)
    spool.close()


def test_a_process_killed_at_any_moment_leaves_every_record_that_it_called_stored(state: Path) -> None:
    code = f"""
from pathlib import Path
from edge.config import Spool as Settings
from edge.publisher.spool.spool import Spool
spool = Spool(Path({str(state)!r}), Settings())
seq = 0
while True:
    spool.add({{"boot": "6f1c2a9e", "seq": seq, "clock": "synced"}}, 0.0)
    spool.store()
    print(seq, flush=True)
    seq += 1
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) >= 100:
                process.kill()
                break
        told = max([100, *(int(line) for line in process.stdout if line.endswith("\n"))])
    spool = Spool(state, SpoolSettings())
    assert every(spool)[: told + 1] == list(range(told + 1))
    spool.close()


def test_records_made_before_the_clock_was_right_are_corrected_on_disk_and_in_memory(state: Path) -> None:
    spool = Spool(state, SpoolSettings())
    fill(spool, range(2), clock="unsynced")
    fill(spool, range(2, 3))
    spool.store()
    fill(spool, range(3, 5), clock="unsynced")
    corrected = spool.restamp(lambda records: [record.changed(clock="synced", text="right") for record in records])
    assert [record.seq for record in corrected] == [0, 1, 3, 4]
    assert [record.seq for record in spool.after(0) if '"text":"right"' in record.text] == [0, 1, 3, 4]
    assert spool.restamp(lambda records: records) == []
    spool.close()


def test_the_times_of_a_long_weekend_without_a_clock_are_all_corrected(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In parts, and in the order in which they were; also what a disk hid until then."""
    monkeypatch.setattr(file_module, "MOST_UNSYNCED", 4)
    monkeypatch.setattr(spool_module, "MOST_UNSYNCED", 4)
    spool = Spool(state, SpoolSettings())
    fill(spool, range(10), clock="unsynced")
    spool.store()
    fill(spool, range(10, 13), clock="unsynced")
    correction = ClockCorrection(10, lambda: True)
    with patch.object(SpoolFile, "unsynced", side_effect=OSError(errno.EIO, "Input/output error")):
        assert [record.seq for record in correction.run_due(spool) or []] == [10, 11, 12]
    assert correction.run_due(spool) is None  # the disk is left alone for a while
    spool._disk.try_now()
    spool.run_due()
    while correction.run_due(spool) is not None:
        pass
    waiting = spool.after(0)
    assert [record.seq for record in waiting] == list(range(13))
    assert all(record.synced for record in waiting)
    ends = [datetime.fromisoformat(json.loads(record.text)["end"]).timestamp() for record in waiting]
    assert [end - ends[0] for end in ends] == [10 * number for number in range(13)]
    spool.close()


def test_what_was_made_before_the_machine_restarted_keeps_its_times(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The monotonic clock began anew, so that its reading says nothing about the wall clock now."""
    spool = Spool(state, SpoolSettings())
    fill(spool, range(2), clock="unsynced")
    spool.close()
    (tmp_path / "boot").write_text("another boot\n")
    monkeypatch.setattr(machine, "_BOOT", tmp_path / "boot")
    again = Spool(state, SpoolSettings())
    assert again.restamp(lambda records: records) == []
    assert every(again) == [0, 1]
    again.close()


def test_what_no_disk_took_goes_on_in_the_next_spool_of_the_process(state: Path, time: Time) -> None:
    state.touch()
    before = Spool(state, SpoolSettings(), monotonic=time)
    fill(before, range(3))
    before.close()
    after = Spool(state, SpoolSettings(), monotonic=time)
    after.adopt(before.in_memory)
    fill(after, range(2, 5))
    assert every(after) == [0, 1, 2, 3, 4]
    state.unlink()
    time.now += 1000
    assert [record.seq for record in after.store()] == [0, 1, 2, 3, 4]
    assert after.in_memory == []
    after.close()
