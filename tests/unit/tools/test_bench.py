"""`bench` prints what a frame costs, and with `--report` the row of this board that an owner can send."""

import json
from pathlib import Path

import cv2
from click.testing import CliRunner

from edge.cli import main
from edge.tools.board_report import COLUMNS
from tests.support.pictures import scene_frame


def bench(folder: Path, *words: str, config: str = "") -> str:
    """Return what `bench` prints to standard output."""
    file = folder / "config.toml"
    file.write_text(config)
    done = CliRunner().invoke(main, ["bench", "--frames", "3", "--config", str(file), *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_row_has_a_cell_for_every_column_of_the_table(tmp_path: Path) -> None:
    row = bench(tmp_path, "scene", "--report").strip()
    assert "\n" not in row
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    found = dict(zip(COLUMNS, cells, strict=True))
    assert found["camera"] == "scene 1280x720"
    assert float(found["detect_ms"]) > 0
    assert float(found["cpu_percent"]) > 0


def test_a_row_as_json_has_the_same(tmp_path: Path) -> None:
    found = json.loads(bench(tmp_path, "scene", "--report", "--json"))
    assert found["stages"].keys() == {"read", "motion", "detect", "classify", "track"}
    assert found["peak_megabytes"] > 10


def test_the_camera_of_the_configuration_is_measured_where_none_is_named(tmp_path: Path) -> None:
    assert "| scene 1280x720 |" in bench(tmp_path, "--report", config='[camera]\nsource = "scene"\n')


def test_a_row_that_is_published_names_no_path(tmp_path: Path) -> None:
    picture = tmp_path / "Room of Ms Smith.png"
    cv2.imwrite(str(picture), scene_frame())
    row = bench(tmp_path, str(picture), "--report")
    assert "| file 1280x720 |" in row
    assert "Smith" not in row
