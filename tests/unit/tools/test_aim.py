"""What `aim` prints for the person who mounts the camera."""

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.camera.errors import CameraError
from edge.camera.facts import CameraFacts
from edge.camera.sources.base import Luma
from edge.camera.turn import Turn
from edge.config import CameraSettings, Settings, Vision
from edge.tools.aim import Lens, judge, look
from edge.tools.aim_report import report
from tests.support.defocus import defocused
from tests.support.light import dimmed
from tests.support.pictures import clip, empty_frame, picture, scene_frame


def test_faces_are_sketched_numbered_and_measured() -> None:
    aim = judge([scene_frame()], Vision(), Lens())
    assert [face.verdict for face in aim.faces] == ["counted"] * 5
    assert [face.pixels for face in aim.faces] == sorted((face.pixels for face in aim.faces), reverse=True)
    assert all(0.9 < face.metres < 3 for face in aim.faces)
    text = report(aim, as_json=False)
    assert "#" in text
    assert all(f"\n{number:>3}  " in text for number in range(1, 6))
    assert "up to about 3.9 m" in text
    assert json.loads(report(aim, as_json=True))["reach_metres"] == 3.9


def test_a_wider_lens_brings_the_same_faces_nearer() -> None:
    narrow, wide = (judge([scene_frame()], Vision(), Lens(angle)) for angle in (54, 102))
    assert narrow.reach_metres > 2 * wide.reach_metres
    assert narrow.faces[0].metres > 2 * wide.faces[0].metres


def test_too_small_faces_are_named_with_what_would_help() -> None:
    """The same room from three times as far."""
    frame = np.full((720, 1280), 118, np.uint8)
    frame[240:480, 426:852] = cv2.resize(scene_frame(), (426, 240), interpolation=cv2.INTER_AREA)
    aim = judge([frame], Vision(min_face=40), Lens())
    assert aim.faces
    assert {face.verdict for face in aim.faces} == {"too small"}
    text = report(aim, as_json=False)
    assert f"{len(aim.faces)} too small" in text
    assert "nearer" in text
    assert "vision.scan_width = " in text


def test_ignored_zones_are_shown_and_what_lies_in_them_is_not_counted() -> None:
    aim = judge([scene_frame()], Vision(ignore=((0.0, 0.0, 0.5, 1.0),)), Lens())
    assert {face.verdict for face in aim.faces} == {"counted", "in an ignored zone"}
    assert all((face.verdict == "counted") == (face.box[0] + face.box[2] / 2 >= 640) for face in aim.faces)
    assert "░" in report(aim, as_json=False)


def test_an_empty_room_is_told_what_to_do() -> None:
    assert "Sit down where the farthest person will sit" in report(
        judge([empty_frame()], Vision(), Lens()), as_json=False
    )


def test_a_single_picture_will_do_and_nothing_at_all_is_named(tmp_path: Path) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    picture(pictures / "room.png")
    assert len(look(Settings(camera=CameraSettings(source=str(pictures)))).faces) == 5
    assert look(Settings(camera=CameraSettings(source=str(clip(tmp_path / "short.avi", frames=2))))).faces == []
    with pytest.raises(CameraError, match=r"absent.avi: "):
        look(Settings(camera=CameraSettings(source=str(tmp_path / "absent.avi"))))


@pytest.mark.parametrize(
    ("change", "picture", "words"),
    [
        (lambda luma: np.rot90(luma, 2), "upside_down", "camera.rotation = 180"),
        (np.rot90, "on_its_side", "camera.rotation = 90"),
        (lambda luma: np.rot90(luma, 3), "on_its_side", "camera.rotation = 270"),
        (lambda luma: defocused(luma, 0.03, 1, np.random.default_rng(0)), "out_of_focus", "turn or clean the lens"),
        (lambda luma: dimmed(luma, 0.02, 1, np.random.default_rng(0)), "too_dark", "switch on the light"),
    ],
)
def test_what_hides_people_is_named_with_the_remedy(change: Callable[[Luma], Luma], picture: str, words: str) -> None:
    aim = judge([change(scene_frame(12.0 + second)).copy() for second in range(2)], Vision(), Lens())
    assert aim.picture == [picture]
    text = report(aim, as_json=False)
    assert picture.replace("_", " ").upper() in text
    assert words in text
    assert "Sit down" not in text


def test_a_single_turned_face_may_be_a_pattern_on_the_wall() -> None:
    frame = np.full((720, 1280), 118, np.uint8)
    frame[280:460, 855:1010] = scene_frame()[280:460, 855:1010]
    aim = judge([np.rot90(frame, 2).copy()] * 2, Vision(), Lens())
    assert (aim.picture, aim.perhaps, aim.rotation) == ([], "upside_down", 180)
    text = report(aim, as_json=False)
    assert "UPSIDE DOWN" not in text
    assert "Perhaps upside down" in text
    assert "camera.rotation = 180" in text
    assert "Sit down where the farthest person will sit" in text


def test_the_remedy_for_a_turned_picture_adds_to_the_rotation_in_force() -> None:
    aim = judge([np.rot90(scene_frame(), 2).copy()], Vision(), Lens(rotation=270))
    assert "camera.rotation = 90" in report(aim, as_json=False)


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("mirror", [False, True])
def test_the_rotation_that_is_named_makes_the_picture_upright(rotation: int, *, mirror: bool) -> None:
    """Whatever is in force now, and whether the picture is mirrored after that."""
    upright = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    sensor = np.rot90(upright, 1)  # the camera hangs on its side
    now = Turn.of(rotation, mirror=mirror).apply(sensor)
    wanted = np.fliplr(upright) if mirror else upright
    quarters = next(number for number in range(4) if np.array_equal(np.rot90(now, number), wanted))
    named = Lens(rotation=rotation, mirror=mirror).upright(quarters)
    assert np.array_equal(Turn.of(named, mirror=mirror).apply(sensor), wanted)


def test_a_condition_of_a_single_frame_is_no_condition() -> None:
    dark = dimmed(scene_frame(), 0.02, 1, np.random.default_rng(0))
    assert judge([dark, scene_frame(), scene_frame()], Vision(), Lens()).picture == []


def test_distances_follow_from_what_the_camera_tells_unless_the_user_knows_better() -> None:
    facts = CameraFacts(model="imx708_wide", crop=(0.25, 0.25, 0.5, 0.5), field_of_view=54.0)
    cropped, overridden, unknown = (Lens.of(*one) for one in ((facts, None), (facts, 102.0), (None, None)))
    assert (cropped.degrees, overridden.degrees, unknown.degrees) == (54.0, 102.0, 66.0)
    text = report(judge([scene_frame()], Vision(), cropped), as_json=False)
    assert "54 degrees from left to right (imx708_wide); the picture shows 50% x 50% of the sensor" in text
    assert "is assumed" in report(judge([scene_frame()], Vision(), unknown), as_json=False)
    assert "is assumed" not in report(judge([scene_frame()], Vision(), overridden), as_json=False)


def room_frame(smallest: int, largest: int) -> Luma:
    """Return faces in four rows that become larger from the top to the bottom, on both sides."""
    face = scene_frame()[280:460, 855:1010]
    frame = np.full((720, 1280), 118, np.uint8)
    for row, top in enumerate((20, 190, 360, 530)):
        width = round(smallest + (largest - smallest) * row / 3)
        small = cv2.resize(face, (width, round(width * 1.16)), interpolation=cv2.INTER_AREA)
        for left in (60, 400, 740, 1080):
            frame[top : top + small.shape[0], left : left + small.shape[1]] = small
    return frame


def test_the_room_is_learned_from_the_faces_and_says_where_they_are_too_small() -> None:
    aim = judge([room_frame(45, 160)] * 3, Vision(min_face=40), Lens())
    sizes = [place.pixels for place in aim.places]
    assert None not in sizes
    top, middle, bottom = (np.mean(sizes[row : row + 3]) for row in (0, 3, 6))  # type: ignore[arg-type]
    assert top < middle < bottom
    assert aim.places[1].verdict == "too small"
    assert aim.places[7].verdict == "found"
    text = report(aim, as_json=False)
    assert f"{aim.places[1].pixels}-" in text
    assert "sees hardly anyone there" in text
    assert json.loads(report(aim, as_json=True))["places"][1]["verdict"] == "too small"


def test_too_few_faces_to_know_the_room_are_said_to_be_so() -> None:
    frame = empty_frame()
    frame[280:460, 855:1010] = scene_frame()[280:460, 855:1010]
    aim = judge([frame], Vision(), Lens())
    assert len(aim.faces) == 1
    assert [place.verdict for place in aim.places] == ["not known"] * 5 + ["found"] + ["not known"] * 3
    assert "too few faces were seen near it" in report(aim, as_json=False)
    empty = report(judge([empty_frame()], Vision(), Lens()), as_json=False)
    assert "not known: 0 sightings of faces in 1 frame are too few" in empty
