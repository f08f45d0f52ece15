"""What the configuration leaves open, a slow board does in a cheaper way; what it sets, it sets everywhere."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli import main
from edge.config import Settings, Vision
from edge.config.digest import digest
from edge.config.file import parse
from edge.config.for_board import explained, for_board, values_of_board
from edge.config.manual import annotated_toml

ZERO = "Raspberry Pi Zero 2 W Rev 1.0"
DEFAULTS = f'[vision]\nmodel = "{Vision().model}"\nscale_factor = {Vision().scale_factor}\n'
FIVE = "Raspberry Pi 5 Model B Rev 1.0"


@pytest.mark.parametrize(
    "board", [ZERO, "Raspberry Pi 3 Model B Plus Rev 1.3", "Raspberry Pi Compute Module 3 Rev 1.0"]
)
def test_a_slow_board_searches_in_a_cheaper_way(board: str) -> None:
    settings = Settings()
    assert for_board(settings, board).vision.scale_factor > settings.vision.scale_factor
    assert board in explained(settings, board)


@pytest.mark.parametrize("board", [FIVE, "Raspberry Pi 4 Model B Rev 1.5", "Raspberry Pi 400 Rev 1.0", ""])
def test_other_boards_use_the_defaults(board: str) -> None:
    assert for_board(Settings(), board) == Settings()
    assert not explained(Settings(), board)


def test_what_the_file_sets_is_used_on_every_board_even_if_it_is_the_default() -> None:
    settings, problems = parse(Path("config.toml"), DEFAULTS)
    assert not problems
    assert for_board(settings, ZERO) == settings
    assert not values_of_board(settings, ZERO)


def test_other_keys_of_the_section_leave_the_default_to_the_board() -> None:
    settings, _ = parse(Path("config.toml"), '[vision]\nmodel = "standard"\n')
    adapted = for_board(settings, ZERO).vision
    assert adapted.model == "standard"
    assert adapted.scale_factor > Vision().scale_factor


def test_what_a_board_uses_is_valid() -> None:
    used = for_board(Settings(), ZERO)
    assert Settings.model_validate(used.model_dump()) == used


def test_both_processes_see_the_same_configuration_on_every_board() -> None:
    # The hash by which they agree is that of the file's settings, whatever a board makes of them.
    settings = Settings()
    before = digest(settings, b"key")
    for_board(settings, ZERO)
    assert digest(settings, b"key") == before


def test_the_default_set_in_the_file_is_a_change_that_is_applied() -> None:
    # `apply` reloads a device whose hash differs.
    explicit, _ = parse(Path("config.toml"), DEFAULTS)
    assert explicit == Settings()
    assert digest(explicit, b"key") != digest(Settings(), b"key")


def test_the_printed_default_configuration_leaves_to_the_board_what_it_decides() -> None:
    settings, problems = parse(Path("config.toml"), annotated_toml())
    assert not problems
    assert "scale_factor = 1.15" in annotated_toml()
    assert values_of_board(settings, ZERO) == values_of_board(Settings(), ZERO)


def test_check_config_says_what_the_board_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.commands.check_config.board_model", lambda: ZERO)
    file = tmp_path / "config.toml"
    file.write_text('[device]\nsite = "north"\nroom = "B12"\n[camera]\nsource = "scene"\n')
    printed = CliRunner().invoke(main, ["check-config", str(file)]).output
    assert 'Zero 2 W Rev 1.0: vision.model = "small", vision.scale_factor = 1.2' in printed
    file.write_text(file.read_text() + DEFAULTS)
    assert "Zero 2" not in CliRunner().invoke(main, ["check-config", str(file)]).output
