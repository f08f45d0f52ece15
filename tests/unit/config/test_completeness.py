"""A configuration that was cut short, or that loosens by a key that is missing."""

from pathlib import Path

import pytest

from edge.config import Settings
from edge.config.changes import changes
from edge.config.completeness import END, doubt
from edge.config.file import parse, spool_directory
from edge.config.loosening import loosened
from edge.config.manual import annotated_toml

FILE = Path("config.toml")
PROTECTIVE = f"""mode = "presence"
[device]
site = "north"
room = "B12"
[camera]
rotation = 180
mirror = true
zoom = 1.5
source = "rtsp://192.0.2.7/stream"
[vision]
ignore = [[0.0, 0.0, 0.2, 0.5]]
[privacy]
min_group = 10
max_share = 0.8
min_cell = 2.0
observations = false
[mqtt]
url = "mqtts://broker.school"
[spool]
max_days = 2
[pause]
camera_open = ["mon-fri 08:00-16:00", "sat 09:00-12:30"]
holidays = ["2026-10-03", "2026-12-21/2027-01-08"]
timezone = "Europe/Berlin"
button_gpio = 17
lamp_gpio = 27
{END}
"""


def settings(text: str) -> Settings:
    found, problems = parse(FILE, text)
    assert problems == []
    return found


def test_the_printed_configuration_refuses_to_be_cut_anywhere_behind_its_head() -> None:
    whole = annotated_toml()
    assert settings(whole) == Settings()
    assert doubt(whole) == ""
    lines = whole.splitlines(keepends=True)
    for count in range(2, len(lines)):
        cut, problems = parse(FILE, "".join(lines[:count]))
        assert "was cut short" in str(problems[0]), count
        assert cut == Settings()


def test_a_file_without_the_line_is_accepted_and_doubted() -> None:
    assert "the last line is not" in doubt("interval_seconds = 5\n")
    assert "text follows" in doubt(f"{END}\n[device]\n")
    assert doubt(f"interval_seconds = 5\r\n{END}\r\n\r\n") == ""
    assert settings(f"{END}\ninterval_seconds = 5\n").interval_seconds == 5


def test_no_cut_at_a_line_loosens_what_is_in_force() -> None:
    in_force = settings(PROTECTIVE)
    lines = PROTECTIVE.splitlines(keepends=True)
    keys = {
        f"{FILE}: {key}"
        for key in (
            *("mode", "device.site", "device.room", "camera.source", "vision.ignore", "privacy.min_group"),
            *("camera.rotation", "camera.mirror", "camera.zoom"),
            *("privacy.max_share", "privacy.min_cell", "mqtt.url", "spool.max_days", "pause.camera_open"),
            *("pause.holidays", "pause.timezone", "pause.button_gpio", "pause.lamp_gpio"),
        )
    }
    assert {one.thing for one in loosened(FILE, in_force, Settings())} == keys
    for count in range(len(lines) - 2):
        assert loosened(FILE, in_force, settings("".join(lines[:count]))), f"cut after {count} lines"
    assert loosened(FILE, in_force, in_force) == []


def test_what_is_written_may_loosen() -> None:
    """Each remedy is tried: a file with the lines of all of them is taken up."""
    in_force = settings(PROTECTIVE)
    sections: dict[str, list[str]] = {"": []}
    for problem in loosened(FILE, in_force, Settings()):
        line, _, where = problem.remedy.partition("write ")[2].rpartition(" in [")
        line, where = (line, where[:-1]) if line else (where.partition(" above")[0], "")
        sections.setdefault(where, []).append(line)
    text = "\n".join([*sections.pop(""), *(f"[{name}]\n" + "\n".join(lines) for name, lines in sections.items())])
    assert loosened(FILE, in_force, settings(text)) == []
    assert settings(text) == Settings()


def test_a_missing_key_whose_default_is_stricter_is_no_loosening() -> None:
    loose = settings("[privacy]\nmin_group = 2\nmax_share = 1.0\nobservations = true\n[spool]\nmax_days = 100\n")
    assert loosened(FILE, loose, Settings()) == []


def test_changes_are_named_key_by_key_without_a_secret() -> None:
    before = settings(PROTECTIVE)
    after = settings(PROTECTIVE.replace("rtsp://", "rtsp://user:Hidden-7@").replace("mon-fri 08", "mon-fri 07"))
    assert changes(before, before) == []
    first, second = changes(before, after)
    assert first.startswith("camera.source: ")
    assert "Hidden" not in first
    assert second == (
        'pause.camera_open: ["mon-fri 08:00-16:00", "sat 09:00-12:30"] -> ["mon-fri 07:00-16:00", "sat 09:00-12:30"]'
    )
    assert len(changes(before, settings(f"[vision]\nignore = {[[0.1, 0.1, 0.2, 0.2]] * 20}\n"))[4]) < 600


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('[spool]\nmax_days = 1\ndirectory = "/srv/state" # here\n[door]\npath = = 1\n', "/srv/state"),
        ('[door]\ndirectory = "/srv"\n[spool]\nmax_days = 1', ""),
        ("[spool]\ndirectory = /srv\n", ""),
        ("", ""),
    ],
)
def test_the_state_directory_is_found_in_a_text_that_is_no_toml(text: str, found: str) -> None:
    assert spool_directory(text) == found
