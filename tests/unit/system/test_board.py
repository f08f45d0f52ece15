"""The name of the board comes from a file that the firmware writes."""

from pathlib import Path

from edge.system.board import board_model


def test_the_name_ends_before_the_zero_byte(tmp_path: Path) -> None:
    file = tmp_path / "model"
    file.write_bytes(b"Raspberry Pi Zero 2 W Rev 1.0\0")
    assert board_model(file) == "Raspberry Pi Zero 2 W Rev 1.0"


def test_a_machine_without_a_device_tree_has_no_name(tmp_path: Path) -> None:
    assert not board_model(tmp_path / "model")


def test_whatever_the_file_holds_the_name_is_short_and_one_line(tmp_path: Path) -> None:
    file = tmp_path / "model"
    file.write_bytes(b"\xff\n\x1b[2J" + b"x" * 1000)
    name = board_model(file)
    assert len(name) <= 64
    assert name.isprintable()
