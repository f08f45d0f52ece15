"""The spool keeps records until the broker has them, within its bounds."""

from pathlib import Path
from typing import Any

import pytest

from edge.config import Spool as SpoolSettings
from edge.publisher.spool import Spool


def payload(seq: int, text: str = "") -> dict[str, Any]:
    return {"boot": "6f1c2a9e", "seq": seq, "text": text}


def seqs(spool: Spool) -> list[int]:
    return [stored["seq"] for _number, stored in spool.oldest()]


def test_what_was_added_is_still_there_after_a_restart(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SpoolSettings())
    for seq in range(3):
        spool.add(payload(seq))
    spool.close()
    again = Spool(tmp_path, SpoolSettings())
    assert seqs(again) == [0, 1, 2]


def test_what_was_removed_is_gone(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SpoolSettings())
    numbers = [spool.add(payload(seq)) for seq in range(3)]
    spool.remove(numbers[1])
    assert seqs(spool) == [0, 2]
    assert len(spool) == 2


def test_a_repeated_record_is_kept_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SpoolSettings())
    assert spool.add(payload(7)) == spool.add(payload(7))
    assert len(spool) == 1


def test_when_full_the_oldest_go_and_are_counted(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SpoolSettings(max_megabytes=1))
    for seq in range(2000):
        spool.add(payload(seq, "x" * 1000))
    assert spool.dropped > 0
    assert spool.dropped + len(spool) == 2000
    oldest = seqs(spool)
    assert oldest[0] == spool.dropped
    assert (tmp_path / "spool.sqlite").stat().st_size < 2 * 2**20


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SpoolSettings(max_days=1))
    spool.add(payload(0))
    spool._database.execute("UPDATE record SET stored = stored - 90000")  # nobody waits a day in a test
    spool.add(payload(1))
    assert seqs(spool) == [1]
    assert spool.dropped == 1


@pytest.mark.parametrize("obstacle", ["file", "garbage"])
def test_without_a_usable_file_counting_goes_on_in_memory(
    tmp_path: Path, obstacle: str, caplog: pytest.LogCaptureFixture
) -> None:
    directory = tmp_path / "state"
    if obstacle == "file":
        directory.touch()
    else:
        directory.mkdir()
        (directory / "spool.sqlite").write_bytes(b"this is no database" * 100)
    spool = Spool(directory, SpoolSettings())
    spool.add(payload(0))
    assert spool.in_memory
    assert seqs(spool) == [0]
    assert "records are kept in memory only" in caplog.text


def test_a_power_cut_leaves_a_readable_spool(tmp_path: Path) -> None:
    """Copy the files as they are in the middle of work, as a card would hold them."""
    spool = Spool(tmp_path / "a", SpoolSettings())
    for seq in range(50):
        spool.add(payload(seq))
    (tmp_path / "b").mkdir()
    for file in (tmp_path / "a").iterdir():
        (tmp_path / "b" / file.name).write_bytes(file.read_bytes())
    survivor = Spool(tmp_path / "b", SpoolSettings())
    assert not survivor.in_memory
    assert seqs(survivor) == list(range(50))


def test_oldest_goes_on_beyond_what_is_under_way(tmp_path: Path) -> None:
    spool = Spool(tmp_path, SpoolSettings())
    numbers = [spool.add(payload(seq)) for seq in range(4)]
    assert [number for number, _ in spool.oldest(beyond=numbers[1])] == numbers[2:]
