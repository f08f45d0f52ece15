"""A device keeps its name."""

import os
import re
from pathlib import Path

import pytest

from edge.config import Settings
from edge.errors import ConfigError
from edge.publisher.state.last_exit import LastExit
from edge.system.identity import device_id
from edge.system.records_lost import note_loss

NO_SERIAL = Path("/nowhere/serial-number")


def settings(directory: Path, **device: str) -> Settings:
    return Settings.model_validate({"device": device, "spool": {"directory": str(directory)}})


def test_the_configured_name_wins(tmp_path: Path) -> None:
    assert device_id(settings(tmp_path, id="front"), NO_SERIAL) == "front"


def test_a_pi_is_known_by_its_serial_number(tmp_path: Path) -> None:
    serial = tmp_path / "serial-number"
    serial.write_bytes(b"10000000a1b2c3d4\x00")
    assert device_id(settings(tmp_path), serial) == "rpi-10000000a1b2c3d4"


def test_another_machine_draws_a_name_once(tmp_path: Path) -> None:
    first = device_id(settings(tmp_path / "state"), NO_SERIAL)
    assert first.startswith("dev-")
    assert device_id(settings(tmp_path / "state"), NO_SERIAL) == first
    assert device_id(settings(tmp_path / "other"), NO_SERIAL) != first


def test_a_name_that_cannot_last_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="device-id: cannot be stored .* set device.id"):
        device_id(settings(tmp_path / "file"), NO_SERIAL)


@pytest.mark.parametrize("damage", [b"", b"dev-12", b"\xff\xfe\x00", b"\x00" * 12])
def test_a_damaged_name_is_drawn_anew_and_then_lasts(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "device-id").write_bytes(damage)
    first = device_id(settings(tmp_path), NO_SERIAL)
    assert re.fullmatch("dev-[0-9a-f]{12}", first)
    assert device_id(settings(tmp_path), NO_SERIAL) == first


def run(directory: Path, *, clean: bool = True) -> str:
    """Return what a run says of the one before."""
    last_exit = LastExit(directory)
    last_exit.running()
    if clean:
        last_exit.clean()
    return last_exit.reason


def test_the_next_run_knows_how_the_last_one_ended(tmp_path: Path) -> None:
    assert run(tmp_path, clean=False) == "unknown"
    assert run(tmp_path) == "crash or power loss"
    assert run(tmp_path) == "clean"


def test_a_start_that_fails_is_no_crash(tmp_path: Path) -> None:
    run(tmp_path)
    LastExit(tmp_path)  # as before a port that is taken ends the start
    assert LastExit(tmp_path).reason == "clean"


def test_records_that_were_lost_at_a_reload_are_named(tmp_path: Path) -> None:
    run(tmp_path)
    note_loss(tmp_path)
    assert LastExit(tmp_path, "clean").reason == "records lost"


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"\x00\x00", b"something else"])
def test_a_damaged_note_of_the_last_exit_is_unknown(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "last-exit").write_bytes(damage)
    assert run(tmp_path) == "unknown"
    assert run(tmp_path) == "clean"


def test_a_card_that_cannot_be_written_lets_the_device_run(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    assert run(tmp_path / "state") == "unknown"
    assert "last-exit: cannot be written (" in caplog.text


def test_a_state_file_is_on_the_disk_under_its_name_before_the_call_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a power cut could undo: the text must be flushed before the name, the name before the return."""
    flushed: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(number: int) -> None:
        flushed.append(Path(f"/proc/self/fd/{number}").readlink().name)
        fsync(number)

    def noted_replace(old: Path, new: Path) -> Path:
        flushed.append(f"{old.name} -> {new.name}")
        return replace(old, new)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    device_id(settings(tmp_path / "state"), NO_SERIAL)
    LastExit(tmp_path / "state").clean()
    files = ("device-id", "last-exit")
    assert flushed == [step for name in files for step in (f"{name}.new", f"{name}.new -> {name}", "state")]
