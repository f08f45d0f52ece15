"""The text of `emotion-edge aim`: a sketch of the positions, a list of faces, and advice; never the picture."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict

from edge.contract.records import Picture
from edge.tools.aim import Aim, Place

_COLUMNS = 72
_CELL = 2  # a character is about twice as high as wide
_LARGEST_SCAN = 3840
_ROWS = ("top", "middle", "bottom")
_MARKS = {"found": " ", "small ones missed": "~", "too small": "-", "not known": ""}
_SHOWN_CROP = 0.98


def report(aim: Aim, *, as_json: bool) -> str:
    """Return the text to print."""
    if as_json:
        return json.dumps(asdict(aim))
    lines = [*_sketch(aim), ""]
    lines += [
        f"{number:>3}  {face.box[2]:>4} x {face.box[3]:<4} at {face.box[0]},{face.box[1]}  "
        f"{face.pixels:>3} pixels in the search, about {face.metres:.1f} m away: {face.verdict}"
        for number, face in enumerate(aim.faces, 1)
    ]
    return "\n".join([*lines, *_conditions(aim), *_lens(aim), *_advice(aim), *_room(aim)])


def _conditions(aim: Aim) -> list[str]:
    remedies: dict[Picture, str] = {
        "too_dark": "TOO DARK: switch on the light; the daemon finds nobody.",
        "out_of_focus": "OUT OF FOCUS: turn or clean the lens; of Module 3, set camera.focus_metres.",
        "upside_down": f"UPSIDE DOWN: turn the camera, or set camera.rotation = {aim.rotation}.",
        "on_its_side": f"ON ITS SIDE: turn the camera, or set camera.rotation = {aim.rotation}.",
        "backlit": "AGAINST A WINDOW: close the blinds, turn the camera away, or set camera.backlight = true.",
    }
    lines = [remedies[name] for name in aim.picture]
    if aim.perhaps:
        lines.append(
            f"Perhaps {aim.perhaps.replace('_', ' ')}: one face is found only when the picture is turned, which may "
            f"be a pattern on a wall. If the camera hangs so, turn it, or set camera.rotation = {aim.rotation}."
        )
    return lines


def _lens(aim: Aim) -> list[str]:
    lens = aim.lens
    what = f"Field of view: {lens.degrees:.0f} degrees from left to right"
    if not lens.from_camera:
        return [f"{what} is assumed: the camera does not tell it. --field-of-view gives the true one."]
    shown = ""
    if lens.crop and min(lens.crop[2:]) < _SHOWN_CROP:
        shown = f"; the picture shows {lens.crop[2]:.0%} x {lens.crop[3]:.0%} of the sensor"
    return [f"{what}{f' ({lens.model})' if lens.model else ''}{shown}."]


def _advice(aim: Aim) -> list[str]:
    reach = f"up to about {aim.reach_metres:.1f} m here"
    lines = [f"Faces of at least {aim.smallest} of {aim.searched} pixels are found: {reach}."]
    small = [face for face in aim.faces if face.verdict == "too small"]
    if small:
        farthest = max(face.metres for face in small)
        times = farthest / aim.reach_metres
        wider = min(_LARGEST_SCAN, math.ceil(aim.searched * times / 160) * 160)
        lines.append(
            f"{len(small)} too small, the farthest at about {farthest:.1f} m: mount the camera "
            f"{farthest - aim.reach_metres:.1f} m nearer, use a lens with {times:.1f} times the focal length, "
            f"or set vision.scan_width = {wider} (a search costs {times * times:.1f} times as much)."
        )
    if not aim.faces and not aim.picture:
        lines.append("No face in view. Sit down where the farthest person will sit, look at the camera, and try again.")
    return lines


def _room(aim: Aim) -> list[str]:
    """Return the sizes of faces by place as a table, and what it means."""
    frames = f"{aim.frames} frame{'' if aim.frames == 1 else 's'}"
    seen = f"{aim.learned_from} sighting{'' if aim.learned_from == 1 else 's'} of faces in {frames}"
    if not aim.learned_from and aim.picture:
        return []
    if all(place.verdict == "not known" for place in aim.places):
        more = "Let people sit in several rows and on both sides, and try again."
        return [f"Face sizes elsewhere are not known: {seen} are too few. {more}"]
    lines = [
        "",
        f"Expected face sizes, in pixels of the search, from {seen}:",
        f"{'':8}{'left':>8}{'middle':>8}{'right':>8}",
    ]
    across = len(aim.places) // len(_ROWS)
    for number, name in enumerate(_ROWS):
        row = aim.places[number * across : (number + 1) * across]
        lines.append(f"{name:8}" + "".join(f"{_size(place):>8}" for place in row))
    verdicts = {place.verdict for place in aim.places}
    notes = {
        "too small": f"-  too small: the daemon, which finds {aim.smallest} and more, sees hardly anyone there",
        "small ones missed": "~  the smaller faces there are not found",
        "not known": "?  not known: too few faces were seen near it; let people sit there, and try again",
    }
    return [*lines, *(note for verdict, note in notes.items() if verdict in verdicts)]


def _size(place: Place) -> str:
    return "?" if place.pixels is None else f"{place.pixels}{_MARKS[place.verdict]}".rstrip()


def _sketch(aim: Aim) -> list[str]:
    rows = max(1, round(_COLUMNS * aim.height / aim.width / _CELL))
    cells = [[" "] * _COLUMNS for _ in range(rows)]

    def fill(box: Sequence[float], edge: str, inside: str) -> None:
        left, top = int(box[0] * _COLUMNS), int(box[1] * rows)
        right = max(left, min(_COLUMNS - 1, math.ceil((box[0] + box[2]) * _COLUMNS) - 1))
        bottom = max(top, min(rows - 1, math.ceil((box[1] + box[3]) * rows) - 1))
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                border = row in (top, bottom) or column in (left, right)
                cells[row][column] = edge if border else inside

    for zone in aim.zones:
        fill(zone, "░", "░")
    for number, face in enumerate(aim.faces, 1):
        x, y, w, h = face.box
        box = (x / aim.width, y / aim.height, w / aim.width, h / aim.height)
        fill(box, "·" if face.verdict == "too small" else "#", " ")
        middle, across = int((box[1] + box[3] / 2) * rows), int((box[0] + box[2] / 2) * _COLUMNS)
        for offset, digit in enumerate(str(number)):
            cells[min(rows - 1, middle)][min(_COLUMNS - 1, across + offset)] = digit
    return ["┌" + "─" * _COLUMNS + "┐", *("│" + "".join(row) + "│" for row in cells), "└" + "─" * _COLUMNS + "┘"]
