"""Commands that a person runs by hand: count, bench, help."""

import json
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from edge.contract.records import EMOTIONS
from tests.support.daemon import command
from tests.support.pictures import empty_frame, picture


def output(*arguments: str | Path) -> str:
    """Return what a command prints; it must succeed."""
    return subprocess.run(command(*arguments), capture_output=True, text=True, check=True, timeout=120).stdout


def test_count_prints_a_line_of_json_per_picture(tmp_path: Path) -> None:
    people, nobody = picture(tmp_path / "people.png"), picture(tmp_path / "nobody.jpg", empty_frame())
    first, second = map(json.loads, output("count", "--json", people, nobody).splitlines())
    assert (first["file"], first["width"], first["height"]) == (str(people), 1280, 720)
    assert len(first["faces"]) == 5
    for face in first["faces"]:
        x, y, w, h = face["box"]
        assert 0 <= x < x + w <= 1280
        assert 0 <= y < y + h <= 720
        assert 0 < face["face"] <= 1
        assert list(face["probabilities"]) == list(EMOTIONS)
        assert face["emotion"] == max(face["probabilities"], key=face["probabilities"].__getitem__)
        assert sum(face["probabilities"].values()) == pytest.approx(1, abs=0.001)
    assert second["faces"] == []


def test_count_goes_on_after_a_picture_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8")
    good = picture(tmp_path / "good.png")
    done = subprocess.run(command("count", tmp_path / "broken.jpg", good), capture_output=True, text=True, check=False)
    assert done.returncode == 66
    assert "broken.jpg: is not a picture that can be decoded" in done.stderr
    assert done.stdout.startswith(f"{good}: 5 faces\n")


def test_count_draws_outlines_that_link_to_the_picture_and_hold_no_pixel(tmp_path: Path) -> None:
    people = picture(tmp_path / "people & more.png")
    output("count", "--draw", tmp_path / "drawn", people)
    drawing = (tmp_path / "drawn" / "people & more.png.svg").read_text()
    assert "base64" not in drawing
    root = ET.fromstring(drawing)
    svg = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{svg}image").attrib["href"] == people.as_uri()  # type: ignore[union-attr]
    assert len(root.findall(f"{svg}rect")) == 5
    assert any("happy" in (text.text or "") for text in root.findall(f"{svg}text"))


def test_bench_measures_every_stage(tmp_path: Path) -> None:
    del tmp_path
    result = json.loads(output("bench", "scene", "--frames", "5", "--json"))
    assert result["frames"] == 5
    assert result["people"] == 1.6  # four people, fused_probability from the second search on, in the fourth frame
    assert {name: stage["frames"] for name, stage in result["stages"].items()} == {
        "read": 5,
        "motion": 5,
        "detect": 2,
        "classify": 2,
        "track": 5,
    }
    assert all(stage["p95_ms"] >= stage["median_ms"] > 0 for stage in result["stages"].values())
    assert result["cpu_seconds_per_frame"] > 0
    assert 20 < result["peak_megabytes"] < 300
    assert "median ms" in output("bench", "scene", "--frames", "2")


def test_help_teaches_where_to_start_and_what_exit_codes_mean() -> None:
    text = output("--help")
    assert "emotion-edge demo" in text
    assert "78 configuration" in text
