"""What a new device does with its card: scripts and steps, without a server and without a boot."""

import os
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from edge.card.device import main
from edge.card.device.certificate import Issued
from edge.card.device.clock import wait_until_right
from edge.card.device.key import make_key
from edge.card.device.state import State
from edge.config.completeness import is_whole
from edge.config.file import load
from edge.errors import Unavailable
from tests.conftest import ROOT
from tests.support.cards import WHEEL, Writer, mounted


class Device:
    """Folders of a machine, and the two scripts that run there as root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.etc = folder / "etc"
        self.serial = folder / "serial-number"
        self.serial.write_text("10000000abcdef01\0")
        (self.etc / "ssh").mkdir(parents=True)

    def run(self, script: Path) -> "subprocess.CompletedProcess[str]":
        environment = os.environ | {
            "EMOTION_EDGE_ENROL": str(self.state),
            "EMOTION_EDGE_ETC": str(self.etc),
            "EMOTION_EDGE_UNITS": str(self.folder / "units"),
            "EMOTION_EDGE_SERIAL": str(self.serial),
        }
        return subprocess.run(["sh", script], env=environment, capture_output=True, text=True, check=False)

    def host_keys(self) -> set[str]:
        return {path.read_text() for path in (self.etc / "ssh").glob("*.pub")}


needs_ssh = pytest.mark.skipif(
    shutil.which("ssh-keygen") is None, reason="ssh-keygen is missing: apt install openssh-client"
)


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device(tmp_path)


@pytest.fixture
def boot(tmp_path: Path) -> Path:
    folder = mounted(tmp_path / "bootfs")
    Writer(tmp_path).written(folder)
    return folder / "emotion-edge"


@needs_ssh
def test_the_first_boot_takes_the_code_off_the_card(device: Device, boot: Path) -> None:
    (device.etc / "ssh/ssh_host_ed25519_key.pub").write_text("ssh-ed25519 of-the-image\n")
    done = device.run(boot / "first-boot.sh")
    assert done.returncode == 0, done.stderr
    assert not (boot / "card.json").exists()
    state = State(device.state, device.etc)
    assert state.card().host == "pi-b12"
    assert state.folder.stat().st_mode & 0o777 == 0o700
    assert (device.folder / "units/emotion-edge-enrol.service").is_file()
    assert len(state.host_keys()) >= 3
    assert "of-the-image" not in "".join(state.host_keys())
    again = device.run(boot / "first-boot.sh")
    assert again.returncode == 66
    assert "has been booted before" in again.stderr


def test_a_wheel_that_was_written_by_half_stops_before_anything_is_changed(device: Device, boot: Path) -> None:
    whole = (boot / WHEEL).read_bytes()
    (boot / WHEEL).write_bytes(whole[:1000])
    done = device.run(boot / "first-boot.sh")
    assert done.returncode == 65
    assert "what lies on the card is damaged, see the line above; write it anew" in done.stderr
    assert not device.state.exists()
    assert (boot / "card.json").exists()


@needs_ssh
def test_a_copied_card_does_not_go_on_as_the_first_device(device: Device, boot: Path) -> None:
    assert device.run(boot / "first-boot.sh").returncode == 0
    script = device.state / "clone.sh"
    (device.etc / "credstore").mkdir()
    for name in ("cert", "key", "ca"):
        (device.etc / f"credstore/emotion-edge.{name}").write_text(name)
    before = device.host_keys()
    assert device.run(script).returncode == 0  # notes the machine
    (device.state / "machine").write_text("")  # as after a power cut
    assert device.run(script).returncode == 0
    assert device.run(script).stderr == ""
    assert (device.host_keys(), len(list((device.etc / "credstore").iterdir()))) == (before, 3)

    device.serial.write_text("10000000abcdef02\0")  # the copy, in another Pi
    done = device.run(script)
    assert "this card was copied: it belongs to the machine 10000000abcdef01, and this one is" in done.stderr
    assert not list((device.etc / "credstore").iterdir())
    assert not (device.state / "card.json").exists()
    assert device.host_keys()
    assert not device.host_keys() & before


def test_it_runs_from_the_wheel_with_nothing_else(tmp_path: Path) -> None:
    """As the unit starts it: Debian's Python, no package beside the standard library."""
    wheel = tmp_path / WHEEL
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in sorted((ROOT / "edge").rglob("*.py")):
            archive.write(path, path.relative_to(ROOT))
    unit = (ROOT / "systemd/emotion-edge-enrol.service").read_text()
    code = unit.partition('-c "')[2].partition('"')[0].replace("/var/lib/emotion-edge-enrol/program.whl", str(wheel))
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 78, done.stderr
    assert done.stderr.startswith("/var/lib/emotion-edge-enrol/card.json: cannot be used")
    assert done.stderr.count("\n") == 1


def test_a_clock_that_is_years_off_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    here = datetime(2020, 1, 1, tzinfo=UTC)
    server = datetime(2026, 9, 1, tzinfo=UTC)
    clock = {"now": here, "waited": 0.0}

    def pause(seconds: float) -> None:
        clock["waited"] += seconds  # type: ignore[operator]
        if clock["waited"] == 60:
            clock["now"] = server + timedelta(seconds=2)  # a time server has answered

    said: list[str] = []
    wait_until_right(lambda: server, said.append, now=lambda: clock["now"], pause=pause)  # type: ignore[arg-type, return-value]
    assert said == [
        "the clock is 2,435 days behind the enrolment server's; waiting up to 10 minutes for time synchronisation",
        "the clock is right now",
    ]
    monkeypatch.setattr("edge.card.device.clock.is_synchronised", lambda: False)
    waits: list[float] = []
    with pytest.raises(Unavailable, match="days behind the enrolment server's; certificates would not be valid; let"):
        wait_until_right(lambda: server, said.append, now=lambda: here, pause=waits.append)
    assert sum(waits) == 600


def test_the_configuration_is_whole_before_the_certificate_is_there(device: Device, boot: Path) -> None:
    assert device.run(boot / "first-boot.sh").returncode == 0
    state = State(device.state, device.etc)
    make_key(state.credential("key"))
    assert state.credential("key").stat().st_mode & 0o777 == 0o600
    state.config.parent.mkdir()
    state.config.write_text("# of somebody else\n")
    main.keep(state, Issued("certificate", "authority", "mqtts://broker.test:8883"))
    settings = load(state.config)
    assert (settings.device.id, settings.mode) == ("pi-b12", "presence")
    assert is_whole(state.config.read_text())
    assert 'url = "mqtts://broker.test:8883"' in state.config.read_text()
    assert state.config.with_name("config.toml.before-enrolment").read_text() == "# of somebody else\n"


def test_who_has_a_certificate_needs_no_enrolment_server_to_go_on(
    device: Device, boot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The power was cut while it installed; the server that the card names has been ended since."""
    assert device.run(boot / "first-boot.sh").returncode == 0
    state = State(device.state, device.etc)
    make_key(state.credential("key"))
    state.config.parent.mkdir()
    request = ["openssl", "req", "-x509", "-key", str(state.credential("key")), "-subj", "/CN=pi-b12"]
    certificate = subprocess.run(request, capture_output=True, text=True, check=True).stdout
    main.keep(state, Issued(certificate, "authority", "mqtts://broker.test:8883"))
    monkeypatch.setattr(main, "install", lambda *_: None)
    said: list[str] = []
    main.run(state, said.append)
    assert said[0] == "pi-b12 has its certificate already"


def test_a_small_card_is_named_before_it_is_full(device: Device, boot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert device.run(boot / "first-boot.sh").returncode == 0
    state = State(device.state, device.etc)
    monkeypatch.setattr("shutil.disk_usage", lambda _path: SimpleNamespace(free=5_000_000))
    with pytest.raises(Unavailable, match="the card: has 5 MB free, and the release needs 1000; take a larger card"):
        main.install(state, state.card(), print)
