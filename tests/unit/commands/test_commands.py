"""Commands that a person runs by hand: count, bench, help."""

import errno
import json
import os
import subprocess
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from edge.cli import main
from edge.commands import bench as bench_command
from edge.commands import options
from edge.contract.records import EMOTIONS
from tests.conftest import SECONDS
from tests.support.daemon import command, write_config
from tests.support.ordinary_user import as_ordinary_user
from tests.support.pictures import clip, empty_frame, picture


def output(*arguments: str | Path) -> str:
    """Return what a command prints; it must succeed."""
    return subprocess.run(command(*arguments), capture_output=True, text=True, check=True, timeout=120).stdout


def in_process(*arguments: str | Path) -> Result:
    """Return how a command ends in the process of the tests: for what does not depend on a process of its own."""
    return CliRunner().invoke(main, list(map(str, arguments)))


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
    done = in_process("count", tmp_path / "broken.jpg", good)
    assert done.exit_code == 66
    assert "broken.jpg: is not a picture that can be decoded" in done.stderr
    assert done.stdout.startswith(f"{good}: 5 faces\n")
    head, *faces = [line.split() for line in done.stdout.splitlines()[1:]]
    assert head == ["pixels", "at", "face", "emotion", "and", "its", "probability"]
    assert {emotion for *_, emotion, _probability in faces} <= set(EMOTIONS)


def test_count_names_half_a_picture_and_one_that_claims_too_much_and_counts_the_rest(tmp_path: Path) -> None:
    whole = picture(tmp_path / "whole.jpg")
    (tmp_path / "half.jpg").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    (tmp_path / "huge.pgm").write_bytes(b"P5 50000 50000 255\n")
    named = [tmp_path / name for name in ("half.jpg", "huge.pgm", "whole.jpg")]
    done = in_process("count", *named)
    assert done.exit_code == 66
    assert "half.jpg: is truncated: its end is missing; copy the file again" in done.stderr
    assert "huge.pgm: is not a picture that can be decoded" in done.stderr
    assert done.stdout.startswith(f"{whole}: 5 faces\n")


def test_names_that_are_not_utf_8_are_counted_measured_and_printed_as_they_are(tmp_path: Path) -> None:
    """They once ended both commands by a signal, without a word."""
    (tmp_path / "folder").mkdir()
    name = os.fsdecode(b"caf\xe9.png")
    picture(tmp_path / "plain.png").rename(tmp_path / "folder" / name)
    words = command("count", "--draw", tmp_path / "drawn", tmp_path / "folder" / name)
    counted = subprocess.run(words, capture_output=True, check=True).stdout
    assert counted.startswith(os.fsencode(tmp_path / "folder" / name) + b": 5 faces\n")
    assert (tmp_path / "drawn" / f"{name}.svg").exists()
    clip(tmp_path / "plain.avi").rename(tmp_path / os.fsdecode(b"caf\xe9.avi"))
    for source, frames in (("folder", 1), (os.fsdecode(b"caf\xe9.avi"), 10)):
        words = command("bench", tmp_path / source)
        measured = subprocess.run(words, capture_output=True, check=True).stdout
        assert measured.startswith(os.fsencode(tmp_path / source) + f": {frames} frames".encode())


@pytest.mark.parametrize("verb", [["bench"], ["aim", "--source"], ["demo", "--source"], ["run", "--source"]])
def test_a_password_on_the_command_line_is_refused_by_every_verb(tmp_path: Path, verb: list[str]) -> None:
    (tmp_path / "config.toml").touch()
    config = ["--config", str(tmp_path / "config.toml")] if verb[0] == "run" else []
    words = command(*verb, "rtsp://admin:geheim@127.0.0.1:9/1", *config)
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 66
    assert "rtsp://127.0.0.1:9: holds a password where every user of this machine can read it" in done.stderr
    assert "geheim" not in done.stdout + done.stderr


def test_check_config_says_that_a_camera_on_the_network_costs_a_promise(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    device = '[device]\nsite = "north"\nroom = "B12"\n[mqtt]\nurl = "mqtt://localhost"\n'
    file.write_text(f'{device}[camera]\nsource = "rtsp://admin:geheim@camera.example/geheim"')
    text = in_process("check-config", file).stdout
    assert "camera.source: rtsp://camera.example is on the network" in text
    assert "the promise that it reaches none is void" in text
    assert "needs the drop-in observer-network-camera.conf" in text
    assert "is a host name, and under systemd" in text
    assert "set camera.password_file" in text
    assert text.endswith(f"{file}: in order\n")
    file.write_text(f'{device}[camera]\nsource = "rtsp://admin:ge/heim@camera.example/"')
    refused = in_process("check-config", file)
    assert refused.exit_code == 78
    assert "heim" not in refused.output
    file.write_text(f'{device}[camera]\nsource = "rtsp://admin@192.0.2.7/"\npassword_file = "/nowhere"')
    refused = in_process("check-config", file)
    assert "/nowhere: cannot be read (No such file or directory); correct camera.password_file" in refused.stdout


def test_count_draws_outlines_that_link_to_the_picture_and_hold_no_pixel(tmp_path: Path) -> None:
    people = picture(tmp_path / "people & more.png")
    assert in_process("count", "--draw", tmp_path / "drawn", people).exit_code == 0
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
    assert "median ms" in in_process("bench", "scene", "--frames", "2").stdout


def test_help_teaches_where_to_start_and_what_exit_codes_mean() -> None:
    text = output("--help")
    assert "emotion-edge demo" in text
    assert "78 configuration" in text


@pytest.mark.parametrize("words", [["aim", "--json"], ["bench", "scene", "--frames", "1", "--json"]])
def test_aim_and_bench_use_the_installed_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    installed = tmp_path / "config.toml"
    installed.write_text('[camera]\nsource = "scene"\n[vision]\nmodel = "small"\nscan_width = 320\n')
    monkeypatch.setattr(options, "DEFAULT_PATH", installed)
    done = in_process(*words)
    assert done.exit_code == 0, done.output
    assert f"using {installed}" in done.stderr
    result = json.loads(done.stdout)
    assert result["searched"] == 320 if words[0] == "aim" else "small" in result["model"]


def test_an_installed_configuration_that_this_user_may_not_read_is_not_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    for installed, error in ((tmp_path / "file" / "config.toml", None), (tmp_path / ("a" * 300), "sudo")):
        monkeypatch.setattr(options, "DEFAULT_PATH", installed)
        done = in_process("bench", "scene", "--frames", "1")
        assert (done.exit_code == 78) == bool(error), done.output
        assert (error or "") in done.output


def test_an_internal_error_ends_with_70_and_names_what_to_report(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the place in the code, and without a password."""

    def fail(_config: Path | None) -> None:
        msg = "no frame of rtsp://admin:geheim@192.0.2.7/1"
        raise ValueError(msg)

    monkeypatch.setattr(bench_command, "installed_settings", fail)
    done = in_process("bench")
    assert done.exit_code == 70
    assert "raise ValueError(msg)" in done.stderr
    assert "geheim" not in done.output
    said = done.stderr.splitlines()[-1]
    assert "internal error (ValueError: no frame of rtsp://***@192.0.2.7/1); please open an issue" in said


@pytest.mark.parametrize(("error", "code"), [(click.Abort(), 1), (BrokenPipeError(errno.EPIPE, "gone"), 1)])
def test_what_is_no_fault_of_the_program_is_not_called_an_internal_error(
    monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    """Ctrl-C at a question, and `emotion-edge … | head`."""

    def fail(_config: Path | None) -> None:
        raise error

    monkeypatch.setattr(bench_command, "installed_settings", fail)
    done = in_process("bench")
    assert done.exit_code == code
    assert "internal" not in done.output


_AS_INSTALLED = """
import sys
from pathlib import Path
from edge.commands import broker_options
broker_options.DEFAULT_PATH = Path(sys.argv[-1])
from edge.cli import main
main()
"""


@pytest.fixture
def closed() -> Iterator[Path]:
    """Return a configuration in a folder that only root may enter, as /etc/emotion-edge is for most users."""
    with tempfile.TemporaryDirectory() as folder:
        file = write_config(Path(folder), 1883)
        Path(folder).chmod(0o000)
        yield file
        Path(folder).chmod(0o700)


def without_rights(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    words, environment = as_ordinary_user(*map(str, arguments))
    done = subprocess.run(
        words, env=environment | {"HOME": "/nonexistent"}, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert "Traceback" not in done.stderr
    return done


@pytest.mark.parametrize("verb", [["check-config"], ["apply", "--config"], ["decommission", "--config"]])
def test_without_sudo_a_configuration_is_called_unreadable_and_not_absent(closed: Path, verb: list[str]) -> None:
    done = without_rights("-m", "edge", *verb, closed)
    assert done.returncode == 78
    assert f"{closed}: cannot be read (Permission denied); use sudo" in done.stdout + done.stderr


@pytest.mark.parametrize("verb", ["watch", "report", "upgrade-plan"])
def test_without_sudo_what_listens_to_a_broker_does_not_say_that_there_is_no_configuration(
    closed: Path, verb: str
) -> None:
    done = without_rights("-c", _AS_INSTALLED, verb, "--config", closed)
    assert done.returncode == 78
    assert f"this user cannot read {closed}; use sudo, or add --url" in done.stderr


def test_without_sudo_doctor_says_what_it_could_not_examine(closed: Path) -> None:
    done = without_rights("-m", "edge", "doctor", "--json", "--config", closed)
    assert done.returncode == 78
    found = {finding["code"]: finding for finding in json.loads(done.stdout)["findings"]}
    assert found["configuration"]["state"] == "failed"
    assert found["configuration"]["remedy"].startswith("use sudo")
    assert found["library.opencv"]["state"] == "ok"


def test_without_sudo_doctor_does_not_call_a_closed_state_directory_free_of_damage() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        file = write_config(folder, 1883)
        (folder / "state").mkdir(mode=0o700)
        (folder / "state").chmod(0o000)
        done = without_rights("-m", "edge", "doctor", "--json", "--config", file)
    found = {finding["code"]: finding for finding in json.loads(done.stdout)["findings"]}
    for code in ("state", "configuration.in-use"):
        assert (found[code]["state"], found[code]["remedy"]) == ("skipped", "sudo emotion-edge doctor")
    assert found["disk"]["state"] in {"ok", "warning"}
