"""A device keeps its name."""

from pathlib import Path

import pytest

from edge.config import Settings
from edge.errors import ConfigError
from edge.publisher.state.last_exit import LastExit
from edge.system.identity import device_id

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


def test_the_next_run_knows_how_the_last_one_ended(tmp_path: Path) -> None:
    assert LastExit(tmp_path).reason == "unknown"
    second = LastExit(tmp_path)
    assert second.reason == "crash or power loss"
    second.clean()
    assert LastExit(tmp_path).reason == "clean"
