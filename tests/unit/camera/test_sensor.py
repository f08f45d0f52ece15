"""Modes, crops and controls of a sensor, as far as they can be computed without one; tests/system has the rest."""

from pathlib import Path

import pytest

from edge.camera.errors import CameraMissing
from edge.camera.facts import CameraFacts
from edge.camera.mains import machine_zone, mains_hertz
from edge.camera.sources import make_source, sensor_view
from edge.camera.sources.autofocus import Hunting
from edge.camera.sources.camera_choice import chosen_camera, tuning_path
from edge.camera.sources.devices import present_devices
from edge.camera.sources.sensor_controls import choose
from edge.config import CameraSettings
from tests.conftest import source_settings

IMX219, IMX708 = (3280, 2464), (4608, 2592)
OFFERED = {
    "FrameDurationLimits": (20_000, 1_000_000, 33_333),
    "AeFlickerMode": (0, 1, 0),
    "AeFlickerPeriod": (100, 1_000_000, 100),
    "AfMode": (0, 2, 0),
    "LensPosition": (0.0, 10.0, 1.0),
}


@pytest.mark.parametrize(
    ("native", "picture", "zoom", "sizes"),
    [
        (IMX219, (1280, 720), 1.0, [(1640, 1232), (3280, 2464)]),
        (IMX708, (1280, 720), 1.0, [(1152, 648), (2304, 1296), (4608, 2592)]),
        (IMX708, (640, 480), 1.0, [(1152, 648), (2304, 1296), (4608, 2592)]),
        (IMX219, (1280, 720), 2.0, [(3280, 2464)]),
        (IMX219, (3840, 2160), 1.0, [(3280, 2464)]),
    ],
)
def test_the_smallest_mode_that_holds_the_picture_is_tried_first(
    native: sensor_view.Size, picture: sensor_view.Size, zoom: float, sizes: list[sensor_view.Size]
) -> None:
    assert list(sensor_view.sensor_sizes(native, picture, zoom)) == sizes


def test_a_crop_has_the_shape_of_the_picture_and_lies_in_the_middle() -> None:
    assert sensor_view.zoomed((0, 0, *IMX708), (1280, 720), 2.0) == (1152, 648, 2304, 1296)
    assert sensor_view.zoomed((680, 692, 1920, 1080), (640, 640), 1.0) == (1100, 692, 1080, 1080)


@pytest.mark.parametrize(
    ("model", "crop", "sideways", "degrees"),
    [
        ("imx708", (0.0, 0.0, 1.0, 1.0), False, 66.0),
        ("imx708_noir", (1 / 6, 1 / 6, 2 / 3, 2 / 3), False, 46.8),
        ("imx708_wide", (0.0, 0.0, 1.0, 1.0), False, 102.0),
        ("imx708", (0.0, 0.0, 1.0, 1.0), True, 40.1),
        ("imx477", (0.0, 0.0, 1.0, 1.0), False, None),
        ("imx708", None, False, None),
    ],
)
def test_the_angle_follows_from_lens_crop_and_rotation(
    model: str, crop: tuple[float, float, float, float] | None, *, sideways: bool, degrees: float | None
) -> None:
    assert sensor_view.field_of_view(model, crop, IMX708, sideways=sideways) == degrees


def test_shares_of_a_field_are_facts_that_can_be_sent() -> None:
    crop = sensor_view.shares((-4, 308, 3300, 1848), IMX219)
    assert CameraFacts(crop=crop).is_sound
    assert sensor_view.shares((0, 0, 0, 0), IMX219) is None


@pytest.mark.parametrize(
    ("values", "controls"),
    [
        ({}, {"FrameDurationLimits": (50_000, 50_000), "AfMode": 2}),
        ({"longest_exposure_ms": 200}, {"FrameDurationLimits": (100_000, 100_000)}),
        ({"longest_exposure_ms": 200, "frames_per_second": 20}, {"FrameDurationLimits": (50_000, 50_000)}),
        ({"flicker_hz": 50}, {"AeFlickerMode": 1, "AeFlickerPeriod": 10_000}),
        ({"flicker_hz": 60}, {"AeFlickerMode": 1, "AeFlickerPeriod": 8333}),
        ({"flicker_hz": 0}, {"AeFlickerMode": 0}),
        ({"focus_metres": 4}, {"AfMode": 0, "LensPosition": 0.25}),
        ({"focus_metres": 0.05}, {"AfMode": 0, "LensPosition": 10.0}),  # nearer than this lens can see
    ],
)
def test_settings_become_controls(values: dict[str, object], controls: dict[str, object]) -> None:
    choice = choose(source_settings(**values), OFFERED)
    assert choice.values.items() >= controls.items()
    assert choice.refused == []


def test_a_camera_that_finds_the_frequency_itself_does_so() -> None:
    assert choose(source_settings(), OFFERED | {"AeFlickerMode": (0, 2, 0)}).values["AeFlickerMode"] == 2


def test_an_exposure_that_the_sensor_cannot_keep_is_refused() -> None:
    choice = choose(source_settings(longest_exposure_ms=5), OFFERED)
    assert choice.refused == ["longest_exposure_ms=5: the sensor needs 20 ms a frame"]


@pytest.mark.parametrize(
    ("zone", "hertz"),
    [
        ("Europe/Berlin", 50),
        ("America/New_York", 60),
        ("America/Sao_Paulo", 60),
        ("America/Argentina/Cordoba", 50),
        ("America/Santiago", 50),
        ("America/St_Lucia", 50),
        ("America/Miquelon", 50),
        ("Atlantic/Bermuda", 60),
        ("Asia/Manila", 60),
        ("Asia/Tokyo", 50),
        ("Africa/Nairobi", 50),
        ("US/Pacific", 60),
        ("", 50),
    ],
)
def test_the_mains_follow_from_the_time_zone(zone: str, hertz: int) -> None:
    assert mains_hertz(zone) == hertz


def test_the_time_zone_is_that_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TZ", raising=False)
    link = tmp_path / "localtime"
    assert machine_zone(link) == ""
    link.symlink_to("/usr/share/zoneinfo/America/Argentina/Cordoba")
    assert machine_zone(link) == "America/Argentina/Cordoba"
    neighbour = tmp_path / "zoneinfo" / "America" / "Curacao"
    neighbour.parent.mkdir(parents=True)
    neighbour.symlink_to("Puerto_Rico")  # as some systems have it: one clock, but 50 Hz here and 60 Hz there
    link.unlink()
    link.symlink_to(neighbour)
    assert machine_zone(link) == "America/Curacao"
    monkeypatch.setenv("TZ", ":Asia/Seoul")
    assert machine_zone(link) == "Asia/Seoul"


def test_a_focus_that_hunts_is_noticed_and_one_that_follows_people_is_not() -> None:
    scanning, focused = 1, 2
    follows, hunts = Hunting(), Hunting()
    assert not any(follows.seen(scanning if step % 4 == 0 else focused, step / 2) for step in range(200))
    assert any(hunts.seen(focused if step % 4 == 0 else scanning, step / 2) for step in range(200))


def test_a_pause_between_frames_is_no_hunting() -> None:
    hunting = Hunting()
    assert not any(hunting.seen(1, hour * 3600.0) for hour in range(10))


CAMERAS = [{"Model": "imx219"}, {"Model": "imx708_wide"}, {"Model": "imx477"}, {"Model": "imx477"}]


@pytest.mark.parametrize(
    ("source", "number"),
    [("picamera2", 0), ("picamera2:0", 0), ("picamera2:3", 3), ("picamera2:imx708_wide", 1)],
)
def test_one_of_several_cameras_is_chosen(source: str, number: int) -> None:
    assert chosen_camera(source, CAMERAS) == (number, CAMERAS[number]["Model"])


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("picamera2:4", r"no such camera \(present: 0: imx219, 1: imx708_wide, 2: imx477, 3: imx477\)"),
        ("picamera2:imx708", "no such camera"),
        ("picamera2:imx477", "2 cameras are imx477"),
    ],
)
def test_a_camera_that_is_not_there_is_named_with_those_that_are(source: str, words: str) -> None:
    with pytest.raises(CameraMissing, match=words):
        chosen_camera(source, CAMERAS)


def test_a_tuning_file_is_found_by_path_or_missed_by_name(tmp_path: Path) -> None:
    file = tmp_path / "imx219_noir.json"
    with pytest.raises(CameraMissing, match=r"camera.tuning_file: there is no .*imx219_noir.json; see: ls"):
        tuning_path(str(file))
    file.touch()
    assert tuning_path(str(file)) == str(file)
    assert tuning_path("") == ""
    with pytest.raises(CameraMissing, match="there is no no-such-sensor.json"):
        tuning_path("no-such-sensor.json")


def test_stable_names_of_usb_cameras_are_listed(tmp_path: Path) -> None:
    assert present_devices(tmp_path) == "none"
    (tmp_path / "video0").touch()
    by_id = tmp_path / "v4l/by-id"
    by_id.mkdir(parents=True)
    (by_id / "usb-046d_C920_1234-video-index0").symlink_to("../../video0")
    (by_id / "usb-046d_C920_1234-video-index1").touch()  # what it says about itself, not pictures
    assert present_devices(tmp_path) == f"{tmp_path}/video0, {by_id}/usb-046d_C920_1234-video-index0"


def test_other_sources_refuse_what_only_a_pi_camera_does() -> None:
    source = make_source(source_settings(zoom=2, focus_metres=1, longest_exposure_ms=20, backlight=True, rotation=90))
    refused = [text.partition(":")[0] for text in source.facts().refused]
    assert refused == ["zoom=2", "focus_metres=1", "longest_exposure_ms=20", "backlight=true"]
    assert make_source(source_settings()).facts().refused == ()


@pytest.mark.parametrize(
    "values", [{"rotation": 45}, {"flicker_hz": 55}, {"zoom": 0.5}, {"focus_metres": 0.01}, {"flicker_hz": True}]
)
def test_values_that_no_camera_can_follow_are_refused_in_the_configuration(values: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(values))):
        CameraSettings.model_validate(values)
