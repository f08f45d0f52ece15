"""The real picamera2, oldest to newest, on a libcamera without hardware: what the sensor is asked for, and faults."""

import functools
import json
import subprocess
import sys
from typing import Any

import pytest

from edge.camera.camera import CameraControl
from tests.conftest import SECONDS, camera_settings, until
from tests.support.fake_camera.releases import HERE, NEWEST, OLDEST, RELEASES, picamera2_release

pytestmark = pytest.mark.timeout(600)  # the first test of a release fetches it

BEFORE_ORIENTATION = ("0.3.12",)
"""Releases for a libcamera before 0.2."""
WHOLE = {"module 2": [1640, 1232], "module 3": [2304, 1296]}


@functools.cache
def outcomes(release: str) -> dict[str, dict[str, Any]]:
    """Return what came of each scenario with a release of picamera2."""
    age = "old" if release in BEFORE_ORIENTATION else "new"
    program = [sys.executable, str(HERE / "scenarios.py"), str(picamera2_release(release)), age]
    done = subprocess.run(program, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return found


every_release = pytest.mark.parametrize("release", RELEASES)


@every_release
@pytest.mark.parametrize("module", WHOLE)
def test_the_whole_field_of_view_is_read_with_joined_pixels(release: str, module: str) -> None:
    """Without a wish, picamera2 takes a mode that reads 59 x 44 % of Module 2, and 67 % of Module 3."""
    outcome = outcomes(release)[module]
    assert outcome["mode"] == WHOLE[module]
    left, _top, width, _height = outcome["crop"]
    assert (left, width) == (0, 1)
    assert outcome["shape"] == [720, 1280]
    assert outcome["refused"] == []
    assert outcome["is_whole"]


@every_release
def test_no_raw_pictures_are_fetched_where_a_mode_can_be_asked_for_otherwise(release: str) -> None:
    raw = ["raw"] if release == OLDEST else []
    assert outcomes(release)["module 2"]["streams"] == ["main", "lores", *raw]


@every_release
@pytest.mark.parametrize(
    ("scenario", "left"),
    [
        ("upside down", (0, False, False)),
        ("upside down, mirrored", (0, False, False)),
        ("upside down, no flips", (0, True, True)),
        ("on its side", (1, True, False)),
    ],
)
def test_the_camera_flips_and_what_it_cannot_do_is_left_to_software(
    release: str, scenario: str, left: tuple[int, bool, bool]
) -> None:
    turn = outcomes(release)[scenario]["turn"]
    assert (turn["quarters"], turn["across"], turn["down"]) == left


@every_release
@pytest.mark.parametrize(("scenario", "control"), [("zoom", "ScalerCrop"), ("zoom on a Pi 5", "ScalerCrops")])
def test_a_zoom_shows_the_middle_and_is_read_back(release: str, scenario: str, control: str) -> None:
    outcome = outcomes(release)[scenario]
    assert outcome["crop"] == [0.25, 0.25, 0.5, 0.5]
    assert "Rectangle(1152, 648, 2304, 1296)" in outcome["started"][control]
    assert "zoom=2" in outcome["applied"]


@every_release
def test_a_zoom_that_the_camera_does_not_follow_is_refused(release: str) -> None:
    assert outcomes(release)["zoom not followed"]["refused"] == ["zoom=2: the camera has 1"]


@every_release
def test_focus_flicker_exposure_and_light_reach_the_camera(release: str) -> None:
    outcome = outcomes(release)["all set"]
    wanted = {
        "AfMode": "0",
        "LensPosition": "0.5",
        "AeFlickerMode": "1",
        "AeFlickerPeriod": "8333",
        "FrameDurationLimits": "(25000, 25000)",
        "AeExposureMode": "1",
        "AeMeteringMode": "2",
        "ExposureValue": "1.0",
    }
    assert outcome["started"].items() >= wanted.items()
    assert outcome["refused"] == []
    assert outcomes(release)["HDR"]["started"]["HdrMode"] == "3"


@every_release
def test_only_controls_that_the_camera_offers_are_set(release: str) -> None:
    outcome = outcomes(release)["nothing offered"]
    assert set(outcome["started"]) <= {"NoiseReductionMode"}
    refused = {text.partition("=")[0] for text in outcome["refused"]}
    assert refused == {"focus_metres", "flicker_hz", "metering", "backlight"}


@every_release
def test_a_camera_is_chosen_by_model_whatever_the_order(release: str) -> None:
    """By number it depends on the release: 0.3.12 counts as libcamera does, the newest from the end."""
    assert outcomes(release)["by model"]["model"] == "imx708"
    assert outcomes(release)["by model"]["mode"] == WHOLE["module 3"]
    by_number = outcomes(release)["by number"]
    assert by_number["mode"] == WHOLE["module 3" if by_number["model"] == "imx708" else "module 2"]


@every_release
@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("absent", "CameraMissing", "no such camera (present: 0: imx"),
        ("none", "CameraMissing", "no camera found"),
        ("busy", "CameraBusy", "fuser"),
        ("no memory", "CameraNoMemory", "cma-256"),
        ("cable pulled", "CameraTimeout", "ribbon cable"),
        ("wrong size", "CameraUnreadable", "which are not 1280 x 720 pixels"),
    ],
)
def test_each_fault_has_its_name(release: str, fault: str, error: str, words: str) -> None:
    outcome = outcomes(release)[fault]
    assert outcome["error"] == error
    assert words in outcome["text"]


@every_release
def test_a_mode_that_shows_less_is_said(release: str) -> None:
    outcome = outcomes(release)["wrong mode"]
    assert outcome["refused"] == ["zoom=1: the sensor reads 1920 x 1080 of 3280 x 2464 pixels"]
    assert outcome["crop"][2] == pytest.approx(1920 / 3280)
    assert not outcome["is_whole"]  # the observer reports it: health.picture


FAULTS = [
    (OLDEST, {"frames": 3}, "CameraTimeout"),
    (OLDEST, {"no_memory": True}, "CameraNoMemory"),
    (NEWEST, {"busy": True}, "CameraBusy"),
    (NEWEST, {"short": 1_000_000}, "CameraUnreadable"),
    (NEWEST, {"frames": 3, "stop_hangs": True}, "CameraTimeout"),
]


@pytest.mark.parametrize(("release", "fault", "error"), FAULTS)
def test_the_observers_camera_names_a_fault_and_works_again_when_it_is_over(
    monkeypatch: pytest.MonkeyPatch, release: str, fault: dict[str, Any], error: str
) -> None:
    """With the real process of the camera; one that hangs while it stops is killed."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(HERE), str(picamera2_release(release))])  # the child's, too
    same = {"orientation": release not in BEFORE_ORIENTATION}
    monkeypatch.setenv("FAKE_CAMERA", json.dumps(same | fault))
    camera = CameraControl(camera_settings(source="picamera2"))
    try:
        until(lambda: camera.frame(0.5) is None and camera.report().error == error, SECONDS)
        assert camera.report().state == "retrying"
        monkeypatch.setenv("FAKE_CAMERA", json.dumps(same))
        until(lambda: camera.frame(0.5) is not None, SECONDS)
        assert camera.report().state == "running"
        assert camera.facts is not None
        assert camera.facts.model == "imx219"
    finally:
        camera.close()
