"""Someone deletes the spool, or puts an older copy in its place: what is still held is saved, the rest is counted."""

import errno
import shutil
import sqlite3
from pathlib import Path

import pytest

from edge.config import Spool as SpoolSettings
from edge.publisher.spool import disk
from edge.publisher.spool.file import SpoolFile
from edge.publisher.spool.queued_record import QueuedRecord
from edge.publisher.spool.spool import Spool
from tests.support.clock import Time
from tests.support.spools import every, fill, payload


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def copy(state: Path, target: Path) -> None:
    """Copy a spool in use as a backup does: one file after the other."""
    shutil.copytree(state, target, dirs_exist_ok=True)


def in_use(state: Path, time: Time) -> Spool:
    """Return a spool of eight records, of which three are delivered since; beside it is a copy of the first four."""
    spool = Spool(state, SpoolSettings(), monotonic=time)
    fill(spool, range(4))
    spool.store()
    copy(state, state.with_name("copy"))
    fill(spool, range(4, 8))
    spool.store()
    deliver(spool, range(3))
    time.now += 2
    spool.run_due()
    return spool


def deliver(spool: Spool, seqs: range) -> None:
    for record in spool.after(0):
        if record.seq in seqs:
            spool.remove(record)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_spool_that_is_deleted_in_use_is_written_again(state: Path, time: Time, what: str) -> None:
    spool = Spool(state, SpoolSettings(), monotonic=time)
    fill(spool, range(5))
    spool.store()
    if what == "file":
        (state / "spool.sqlite").unlink()
    else:
        shutil.rmtree(state)
    time.now += 2
    spool.run_due()
    after_a_kill = Spool(state, SpoolSettings())
    assert every(after_a_kill) == list(range(5))
    after_a_kill.close()
    fill(spool, range(5, 7))
    spool.close()
    again = Spool(state, SpoolSettings())
    assert every(again) == list(range(7))
    assert again.lost == spool.lost == {}


def test_an_older_copy_in_the_place_of_the_live_one_changes_nothing(
    state: Path, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    spool = in_use(state, time)
    shutil.rmtree(state)
    state.with_name("copy").rename(state)
    time.now += 2
    spool.run_due()
    assert every(spool) == [3, 4, 5, 6, 7]
    assert spool.lost == {}
    assert "was deleted or replaced while it is in use; its 5 records are written again" in caplog.text
    spool.close()


def test_an_older_copy_written_over_the_live_one_costs_nothing_of_the_last_hour(
    state: Path, time: Time, caplog: pytest.LogCaptureFixture
) -> None:
    spool = in_use(state, time)
    copy(state.with_name("copy"), state)
    time.now += 2
    spool.run_due()
    assert every(spool) == [3, 4, 5, 6, 7]
    assert spool.lost == {}
    assert "written by another program while it is in use" in caplog.text
    spool.close()


def delete_spool(state: Path) -> None:
    for file in state.glob("spool.sqlite*"):
        file.unlink()


def restore(state: Path, what: str) -> None:
    """Put the older copy in the place of the spool: its files alone, or the whole folder over the other one."""
    delete_spool(state)
    if what == "files":
        for file in state.with_name("copy").glob("spool.sqlite*"):
            shutil.copy(file, state)
    else:
        copy(state.with_name("copy"), state)


@pytest.mark.parametrize("what", ["files", "folder"])
@pytest.mark.parametrize("how", ["stop", "crash"])
def test_an_older_copy_that_is_restored_between_two_runs_is_recognised_and_counted(
    state: Path, time: Time, caplog: pytest.LogCaptureFixture, how: str, what: str
) -> None:
    before = in_use(state, time)
    if how == "stop":
        before.close()
    restore(state, what)
    again = Spool(state, SpoolSettings())
    assert every(again) == [3], "what was delivered before comes again"
    assert again.lost == {"spool_replaced": 4}
    assert "4 records that were stored are lost (spool_replaced)" in caplog.text
    again.close()
    assert Spool(state, SpoolSettings()).lost == {}


def test_a_spool_that_is_deleted_after_a_crash_is_counted(state: Path, time: Time) -> None:
    _crashed = in_use(state, time)
    delete_spool(state)
    again = Spool(state, SpoolSettings())
    assert again.lost == {"spool_replaced": 5}
    fill(again, range(8, 9))
    again.close()
    assert Spool(state, SpoolSettings()).lost == {}


def test_a_copy_from_an_outage_that_is_over_counts_what_the_newer_spool_held(state: Path, time: Time) -> None:
    spool = in_use(state, time)
    deliver(spool, range(8))
    time.now += 2
    spool.run_due()
    assert not (state / "spool.sqlite").exists()
    fill(spool, range(8, 11))
    spool.store()
    restore(state, "folder")
    again = Spool(state, SpoolSettings())
    assert again.lost == {"spool_replaced": 3}


def test_a_spool_that_is_destroyed_between_two_runs_is_counted(state: Path, time: Time) -> None:
    in_use(state, time).close()
    (state / "spool.sqlite").write_bytes(b"\0" * 8192)
    again = Spool(state, SpoolSettings())
    assert again.lost == {"spool_damaged": 5}
    again.close()
    assert Spool(state, SpoolSettings()).lost == {}


@pytest.mark.parametrize("failures", [1, 3])
def test_a_repair_that_the_full_disk_interrupts_goes_on_when_there_is_room(
    state: Path, time: Time, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    """The damaged file is set aside, and then there is no room for a new one: what memory has is not forgotten."""
    spool = in_use(state, time)
    (state / "spool.sqlite").write_bytes(b"\xa5" * 8192)
    opened: list[Path] = []

    def without_room(path: Path) -> SpoolFile:
        opened.append(path)
        if len(opened) <= failures:
            raise OSError(errno.ENOSPC, "No space left on device")
        return SpoolFile(path)

    monkeypatch.setattr(disk, "SpoolFile", without_room)
    for _ in range(failures + 2):
        time.now += 120
        spool.run_due()
    assert len(opened) > failures
    assert every(spool) == [3, 4, 5, 6, 7]
    assert spool.lost == {}
    spool.close()
    assert every(Spool(state, SpoolSettings())) == [3, 4, 5, 6, 7]


def test_what_is_delivered_or_dropped_is_no_loss_whenever_the_power_fails(
    state: Path, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder as a cut may leave it: before each step of a deletion, and after the last one."""
    spool = in_use(state, time)
    cuts = state.with_name("cuts")

    def cut(name: str) -> None:
        copy(state, cuts / f"{len(list(cuts.glob('*')))}-{name}")

    def before(owner: object, name: str) -> None:
        do = getattr(owner, name)

        def wrapped(*arguments: object) -> object:
            cut(name)
            return do(*arguments)

        monkeypatch.setattr(owner, name, wrapped)

    cuts.mkdir()
    for name in ("forget_note", "write_note", "remove_file"):
        before(disk, name)
    before(SpoolFile, "delete")
    for seqs in (range(3, 5), range(5, 8)):
        deliver(spool, seqs)
        time.now += 2
        spool.run_due()
    cut("end")
    names = [folder.name for folder in cuts.iterdir()]
    assert {name.partition("-")[2] for name in names} >= {"forget_note", "delete", "write_note", "remove_file", "end"}
    for folder in cuts.iterdir():
        assert Spool(folder, SpoolSettings()).lost == {}, folder.name


def test_an_untouched_spool_is_no_loss_after_a_stop_or_a_crash(state: Path) -> None:
    spool = Spool(state, SpoolSettings())
    fill(spool, range(4))
    spool.close()
    crashing = Spool(state, SpoolSettings())
    assert crashing.lost == {}
    deliver(crashing, range(2))
    crashing.run_due()
    after_crash = Spool(state, SpoolSettings())
    assert after_crash.lost == {}
    crashing.close()


def test_a_number_that_is_taken_never_hides_a_record(tmp_path: Path) -> None:
    """Two programs in one file: each finds its numbers taken by the other."""
    path = tmp_path / "spool.sqlite"
    one, other = SpoolFile(path), SpoolFile(path)
    records = [QueuedRecord.of(number, payload(number), "", 0.0) for number in (1, 2, 3)]
    one.insert(records[:2])
    stored = other.insert([QueuedRecord.of(1, payload(7), "", 0.0)])
    assert stored[0].number > 2
    assert [record.seq for record in one.after(0, 10)] == [1, 2, 7]
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT COUNT(*) FROM record").fetchone() == (3,)
