"""`emotion-edge report`: a fleet at a real broker."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SECONDS, Mosquitto, Remote

DEVICES = 5


def report(broker: Mosquitto, *words: str) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "edge", "report", "--url", f"mqtt://127.0.0.1:{broker.port}", *words]
    return subprocess.run(program, capture_output=True, text=True, timeout=2 * SECONDS, check=False)


@pytest.fixture
def fleet(broker: Mosquitto, tmp_path: Path) -> Iterator[None]:
    config = tmp_path / "config.toml"
    config.write_text(
        f'interval_seconds = 5\n[device]\nsite = "north"\n[mqtt]\nurl = "mqtt://127.0.0.1:{broker.port}"\n'
    )
    words = ["simulate", "--config", str(config), "--devices", str(DEVICES)]
    running = subprocess.Popen([sys.executable, "-m", "edge", *words], stdout=subprocess.DEVNULL)
    yield
    running.terminate()
    running.wait(SECONDS)


def expected(folder: Path, **more: str) -> Path:
    named = [{"site": "north", "device": f"sim-{number:05}"} | more for number in range(DEVICES)]
    (folder / "expected.json").write_text(json.dumps(named))
    return folder / "expected.json"


@pytest.mark.usefixtures("fleet")
def test_a_fleet_on_which_all_is_well_needs_nobody(broker: Mosquitto, tmp_path: Path) -> None:
    done = report(broker, "--expect", str(expected(tmp_path)), "--json", "--html", str(tmp_path / "page.html"))
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout)
    assert (found["devices"], found["need_a_person_now"], found["need_a_person_soon"]) == (DEVICES, 0, 0)
    assert {row["room"] for row in found["rows"]} == {f"A0{room:02}" for room in range(1, DEVICES + 1)}
    assert all(row["state"] == "online" and row["camera"] == "running" for row in found["rows"])
    page = (tmp_path / "page.html").read_text()
    assert all(f"sim-{number:05}" in page for number in range(DEVICES))


@pytest.mark.usefixtures("fleet")
def test_who_is_missing_who_differs_and_what_doctor_says_is_told(broker: Mosquitto, tmp_path: Path) -> None:
    file = expected(tmp_path, version="99.0")
    wanted = json.loads(file.read_text())
    file.write_text(json.dumps([*wanted[1:], {"site": "north", "device": "pi-<b>lost</b>"}]))
    (tmp_path / "doctor").mkdir()
    ends = [{"code": "broker.certificate", "state": "ok", "sentence": "fine", "ends": "2001-01-01T00:00:00Z"}]
    broken = [{"code": "disk", "state": "failed", "sentence": "the card is full", "remedy": "free some space"}]
    (tmp_path / "doctor/sim-00001.json").write_text(json.dumps({"findings": ends + broken}))
    page = tmp_path / "page.html"
    words = ("--expect", str(file), "--doctor", str(tmp_path / "doctor"), "--html", str(page), "--seconds", "20")
    done = report(broker, *words, "--json")
    assert done.returncode == 70, done.stderr
    rows: dict[str, dict[str, Any]] = {row["device"]: row for row in json.loads(done.stdout)["rows"]}
    codes = {name: {one["code"] for one in row["troubles"]} for name, row in rows.items()}
    assert codes["pi-<b>lost</b>"] == {"silent"}
    assert codes["sim-00000"] == {"unexpected"}
    assert codes["sim-00001"] == {"version", "doctor.disk", "certificate"}
    assert codes["sim-00002"] == {"version"}
    assert next(iter(rows)) in {"pi-<b>lost</b>", "sim-00001"}, "who needs a person now is not first"
    assert "<b>lost" not in page.read_text()


def test_a_device_in_trouble_is_named_with_what_is_wrong(broker: Mosquitto, remote: Remote) -> None:
    remote.say("status", "offline", retain=True)
    done = report(broker, "--seconds", "10")
    assert done.returncode == 70
    assert "! offline: no power, no network, or stopped" in done.stdout
    assert "1 devices: 1 need a person now" in done.stdout


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[{"site": "north"}]', "0.device: Field required"),
        ('[{"site": "n", "device": "a"}, {"site": "n", "device": "a"}]', "names a of n twice"),
        ("[", "Invalid JSON"),
    ],
)
def test_a_list_that_cannot_be_used_is_named_before_anything_is_waited_for(
    broker: Mosquitto, tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "list.json").write_text(text)
    done = report(broker, "--expect", str(tmp_path / "list.json"))
    assert done.returncode == 66
    assert "list.json" in done.stderr
    assert words in done.stderr


def test_without_a_broker_it_says_so() -> None:
    words = ["report", "--url", "mqtt://127.0.0.1:9", "--seconds", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "edge", *words], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 69
    assert "connection refused" in done.stderr
