"""Settings that are valid and count nobody are named with a remedy that lets people be counted."""

import re
from typing import Any

import pytest

from edge.config import Settings
from edge.config.countable import uncountable

CASES: list[tuple[dict[str, Any], str]] = [
    ({"camera": {"frames_per_second": 0.1}, "interval_seconds": 5}, "camera.frames_per_second: a frame every 10 s"),
    ({"camera": {"frames_per_second": 0.1}}, "camera.frames_per_second: one frame in an interval of 10 s"),
    ({"vision": {"confirm_hits": 20, "scan_seconds": 60}}, "vision.confirm_hits: 20 detections 30 s apart"),
    ({"vision": {"scan_seconds": 30}}, "vision.scan_seconds: a look at the room every 15 s"),
    ({"vision": {"scan_seconds": 15}, "mode": "presence"}, "vision.scan_seconds: a look at the room every 15 s"),
    ({"vision": {"min_face": 500}}, "vision.min_face: a face of 500 pixels does not fit"),
    ({"vision": {"ignore": [[0, 0, 0.6, 1], [0.5, 0, 0.5, 1]]}}, "vision.ignore: the zones cover the whole picture"),
    ({"vision": {"min_face_score": 1}}, "vision.min_face_score: no face is as sure as 1"),
    ({"vision": {"unsure_below": 1}}, "vision.unsure_below: no emotion is as sure as 1"),
]


@pytest.mark.parametrize(("values", "line"), CASES, ids=[line.split(":", maxsplit=1)[0] for _, line in CASES])
def test_settings_that_count_nobody_are_named(values: dict[str, Any], line: str) -> None:
    found = [str(notice) for notice in uncountable(Settings.model_validate(values))]
    assert any(each.startswith(line) for each in found), found


@pytest.mark.parametrize(("values", "line"), CASES[:1] + CASES[1:2] + CASES[5:6])
def test_the_remedy_helps(values: dict[str, Any], line: str) -> None:
    section, key = line.split(":", maxsplit=1)[0].split(".")
    advice = next(uncountable(Settings.model_validate(values))).advice
    number = re.search(r"[\d.]+", advice)
    assert number
    assert not list(uncountable(Settings.model_validate(values | {section: {key: float(number[0])}}))), advice


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"interval_seconds": 5},
        {"mode": "presence"},
        {"camera": {"frames_per_second": 0.1}, "interval_seconds": 60},
        {"vision": {"ignore": [[0, 0, 0.5, 1]], "scan_seconds": 10}},
        {"vision": {"min_face_score": 1}, "mode": "presence"},
    ],
)
def test_settings_that_count_are_not_named(values: dict[str, Any]) -> None:
    assert list(uncountable(Settings.model_validate(values))) == []
