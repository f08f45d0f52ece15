"""`emotion-edge doctor` on this machine, with a real broker and without one."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.camera.errors import CameraBusy, CameraEnded, CameraTimeout
from edge.config import CameraSettings, Device, Mqtt, Settings, Spool
from edge.demo.broker import DemoBroker
from edge.doctor import broker as broker_checks
from edge.doctor import camera, handed_over, libraries
from edge.doctor.finding import Finding
from edge.system.running import Running, write_running
from edge.system.state_lock import StateLock
from edge.system.units import PUBLISHER
from tests.conftest import Mosquitto, free_port
from tests.support.daemon import write_config
from tests.support.verbs import doctor


def test_everything_that_is_in_order_is_said_in_order(tmp_path: Path, broker: Mosquitto) -> None:
    code, found = doctor(write_config(tmp_path, broker.port))
    assert code == 0
    well = ["system", "library.numpy", "library.opencv", "library.tflite", "cascade", "model", "camera"]
    well += ["broker.dns", "broker.tcp", "broker.login", "broker.subscribe", "broker.publish", "broker.back"]
    assert {name: found[name]["state"] for name in well} == dict.fromkeys(well, "ok")


def test_a_broker_of_the_older_protocol_is_in_order_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_arguments, **_options: None)
    with DemoBroker(tmp_path, None) as amqtt:
        assert amqtt.name == "amqtt"
        monkeypatch.undo()
        code, found = doctor(write_config(tmp_path, amqtt.port, mqtt={"connect_seconds": 2}))
    assert code == 0
    assert found["broker.back"]["state"] == "ok"


def test_the_stage_at_which_a_broker_fails_is_named_with_a_remedy(tmp_path: Path) -> None:
    code, found = doctor(write_config(tmp_path, free_port()))
    assert code == 69
    assert found["broker.tcp"]["state"] == "failed"
    assert found["broker.tcp"]["remedy"]
    assert "broker.login" not in found


@pytest.mark.parametrize(
    ("section", "values", "finding"),
    [("vision", {"model": "/no/model.tflite"}, "model"), ("vision", {"cascade": "/no/cascade.xml"}, "cascade")],
)
def test_a_file_that_is_missing_is_a_matter_of_configuration(
    tmp_path: Path, broker: Mosquitto, section: str, values: dict[str, str], finding: str
) -> None:
    code, found = doctor(write_config(tmp_path, broker.port, **{section: values}))
    assert code == 78
    assert found[finding]["state"] == "failed"
    assert found[finding]["remedy"]


def test_a_publisher_that_has_a_connection_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second login with its name would end its session; nothing listens at this port, so a try would be seen."""
    systemctl = tmp_path / "systemctl"
    systemctl.write_text('#!/bin/sh\necho LoadState=loaded; echo ActiveState=active; echo "StatusText=$SAYS"\n')
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("SAYS", "4 faces, 2.0 fps, broker ok, 0 records wait")
    _code, found = doctor(write_config(tmp_path, free_port()))
    assert found["broker.session"]["state"] == "ok"
    assert "broker.tcp" not in found
    monkeypatch.setenv("SAYS", "4 faces, 2.0 fps, no broker, 7 records wait")
    _code, found = doctor(write_config(tmp_path, free_port()))
    assert found["broker.tcp"]["state"] == "failed"


@pytest.mark.parametrize(("days", "state"), [(20, "warning"), (300, "ok")])
def test_the_end_of_the_devices_certificate_is_named_in_time(tmp_path: Path, days: int, state: str) -> None:
    certificate, key = tmp_path / "device.crt", tmp_path / "device.key"
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    make += ["-subj", "/CN=pi-test", "-days", str(days), "-out", str(certificate), "-keyout", str(key)]
    subprocess.run(make, check=True, capture_output=True)
    files = {"cert_file": str(certificate), "key_file": str(key)}
    found = doctor(write_config(tmp_path, free_port(), mqtt=files))[1]["broker.certificate"]
    assert found["state"] == state
    left = datetime.fromisoformat(found["ends"]) - datetime.now(UTC)
    assert days - 1 <= left.days <= days


def certificate_of(folder: Path, days: int) -> dict[str, bytes]:
    """Return a certificate and its key by their names in the store of credentials."""
    folder.mkdir()
    make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    make += ["-subj", "/CN=pi-test", "-days", str(days), "-out", str(folder / "cert"), "-keyout", str(folder / "key")]
    subprocess.run(make, check=True, capture_output=True)
    return {f"emotion-edge.{name}": (folder / name).read_bytes() for name in ("cert", "key")}


def test_a_renewed_certificate_that_the_publisher_does_not_use_yet_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Systemd copied the former one when the service started; with it, the device is refused in ten days."""
    store, copies = tmp_path / "credstore", tmp_path / "run" / PUBLISHER
    former, renewed = certificate_of(tmp_path / "former", 10), certificate_of(tmp_path / "renewed", 300)
    for folder, files in ((store, renewed), (copies, former)):
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(store))
    monkeypatch.setattr(handed_over, "_COPIES", copies.parent)
    mqtt = Mqtt(
        url=f"mqtt://127.0.0.1:{free_port()}",
        cert_file="credential:emotion-edge.cert",
        key_file="credential:emotion-edge.key",
    )
    settings = Settings(mqtt=mqtt, device=Device(id="pi-test"))
    found = {finding.code: finding for finding in broker_checks.check(settings)}
    assert found["broker.credentials"].state == "warning"
    assert "emotion-edge.cert, emotion-edge.key" in found["broker.credentials"].sentence
    assert found["broker.credentials"].remedy == "sudo systemctl restart emotion-edge-publisher"
    assert (found["broker.certificate"].state, found["broker.certificate"].remedy) == (
        "warning",
        found["broker.credentials"].remedy,
    )
    for name, content in renewed.items():
        (copies / name).write_bytes(content)
    found = {finding.code: finding for finding in broker_checks.check(settings)}
    assert "broker.credentials" not in found
    assert found["broker.certificate"].state == "ok"


def test_where_no_unit_is_installed_no_promise_of_the_kernel_is_said_to_hold(tmp_path: Path) -> None:
    code, found = doctor(write_config(tmp_path, free_port(), privacy={"min_group": 5, "max_share": 0.9}), "--privacy")
    assert code == 78
    assert found["promise.no-network"]["state"] == "failed"
    assert found["promise.counts-only"]["state"] == "ok"
    assert found["promise.small-groups"]["state"] == "ok"


def test_without_a_configuration_libraries_and_the_id_are_examined(tmp_path: Path) -> None:
    code, found = doctor(tmp_path / "absent.toml")
    assert found["configuration"]["state"] == "warning"
    assert "default-config" in found["configuration"]["remedy"]
    assert found["library.opencv"]["state"] == found["model"]["state"] == "ok"
    assert "id" in found["device"]["sentence"]
    assert "broker.tcp" not in found
    assert code in {69, 78} or found["camera"]["state"] == "ok", "there is no camera here"


def test_a_configuration_with_a_problem_does_not_hide_the_rest(tmp_path: Path) -> None:
    code, found = doctor(write_config(tmp_path, free_port(), camera={"fps": 2}))
    assert code == 78
    assert "camera.fps" in found["configuration"]["sentence"]
    assert found["camera"]["state"] == found["model"]["state"] == "ok"
    assert found["device"]["sentence"] == "the id is pi-test"


def test_a_32_bit_system_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """A 64-bit kernel under it changes nothing: no library is published for its programs."""
    monkeypatch.setattr(sys, "maxsize", 2**31 - 1)
    found = next(libraries.check(Settings()))
    assert (found.code, found.state) == ("system", "failed")
    assert found.remedy.startswith("install the 64-bit Raspberry Pi OS")


class BusyReader:
    """In the place of the reader, where another process has the camera: there is none on this machine."""

    facts = None

    def __init__(self, _source: object) -> None:
        pass

    def frame(self, _seconds: float) -> None:
        raise CameraBusy("picamera2", "the camera is in use", "stop the other program: fuser -v /dev/video*")

    def close(self) -> None:
        pass


@pytest.fixture
def holder(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Start a process, a Python like that of the observer, which holds what stands for a camera; return its id."""
    monkeypatch.setattr(camera, "_NODES", ("full",))
    monkeypatch.setattr(camera, "CameraReader", BusyReader)
    program = "import sys; held = open('/dev/full', 'w'); print(flush=True); sys.stdin.read()"
    words = [sys.executable, "-I", "-c", program]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


def of_camera(settings: Settings) -> Finding:
    return next(finding for finding in camera.check(settings) if finding.code == "camera")


@pytest.mark.parametrize("below", ["", "/payload"])
def test_a_camera_that_the_observer_holds_is_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, holder: int, below: str
) -> None:
    """Its child holds it, which is named python3: what counts is the control group of the unit."""
    group = "/system.slice/emotion-edge-observer.service"
    monkeypatch.setattr(camera, "unit_properties", lambda _unit: {"ControlGroup": group})
    read_text = Path.read_text

    def of_holder(path: Path, **options: str) -> str:
        is_asked = path == Path(f"/proc/{holder}/cgroup")
        return f"0::{group}{below}\n" if is_asked else read_text(path, **options)

    monkeypatch.setattr(Path, "read_text", of_holder)
    found = of_camera(Settings(camera=CameraSettings(source="picamera2"), spool=Spool(directory=str(tmp_path))))
    assert (found.state, found.remedy) == ("ok", "")
    assert f"({holder}), as it should be" in found.sentence


@pytest.mark.parametrize("group", ["", "/system.slice/emotion-edge-observer.service"])
def test_another_program_that_holds_the_camera_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, holder: int, group: str
) -> None:
    """Also where the unit does not run, which has no control group then."""
    monkeypatch.setattr(camera, "unit_properties", lambda _unit: {"ControlGroup": group})
    found = of_camera(Settings(camera=CameraSettings(source="picamera2"), spool=Spool(directory=str(tmp_path))))
    assert found.state == "failed"
    assert f"({holder})" in found.sentence


def test_a_camera_that_emotion_edge_run_holds_is_in_order(tmp_path: Path, holder: int) -> None:
    """Without units: the process that reloads at SIGHUP is the one that has started the observer."""
    with contextlib.closing(StateLock(tmp_path)):
        write_running(tmp_path, Running(publisher="a", observer="a", reload_pid=os.getpid()))
        found = of_camera(Settings(camera=CameraSettings(source="picamera2"), spool=Spool(directory=str(tmp_path))))
        assert (found.state, found.remedy) == ("ok", "")
    assert f"({holder}), as it should be" in found.sentence


class DeadReader(BusyReader):
    """A camera that can be opened and gives no picture."""

    def frame(self, _seconds: float) -> None:
        raise CameraEnded("/dev/video0", "the camera stopped delivering", "check the USB cable")


class HangingReader(BusyReader):
    """A camera that gives a frame; its process cannot be ended."""

    def frame(self, _seconds: float) -> Any:
        return np.zeros((120, 160), np.uint8)

    def close(self) -> None:
        raise CameraTimeout(
            "/dev/video0", "the camera process 7 cannot be ended: its driver hangs", "unplug the camera"
        )


@pytest.mark.parametrize(
    ("reader", "problem"), [(DeadReader, "stopped delivering"), (HangingReader, "its driver hangs")]
)
def test_a_camera_that_opens_and_does_not_work_is_not_in_order(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, reader: type[BusyReader], problem: str
) -> None:
    monkeypatch.setattr(camera, "CameraReader", reader)
    found = of_camera(settings)
    assert found.state == "failed"
    assert problem in found.sentence
