"""The device on Debian 12 and 13 for arm64, emulated where this machine has another processor.

Opt-in, because emulation is slow: `make test-arm64`. What it answers is compared in test_same_numbers.py.
"""

import json
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import Mosquitto, Subscriber, data, until
from tests.support.daemon import write_config
from tests.system.container import Container
from tests.system.foreign import ARM64, installed, opted_in
from tests.system.machine import wheels

pytestmark = pytest.mark.timeout(4 * 3600)

SUITES = ["bookworm", "trixie"]
DOWNLOAD, INSTALLED = 80e6, 240e6
"""Bytes: what a slow line and a small card can take."""
PAGE = 16384
"""Bytes: a Raspberry Pi 5 has memory pages of this size, and loads no library that expects smaller ones."""
LOAD, ARM64_MACHINE = 1, 183
"""Of an ELF file: the type of a segment that is loaded, and the processor."""
SECONDS = 3600.0
"""Longest wait for a record: an emulated Pi is fifty times slower than a real one."""


class Device(NamedTuple):
    """A tree in which the wheel was installed, and what the installer said."""

    container: Container
    said: str
    suite: str


@pytest.fixture(scope="module", params=SUITES)
def device(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Device]:
    suite: str = request.param
    shared = tmp_path_factory.mktemp("shared")
    with installed(suite, ARM64, tmp_path_factory.mktemp("arm64") / suite, {"/mnt/shared": shared}) as (
        container,
        said,
    ):
        yield Device(container, said, suite)


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.stop()


def configure(device: Device, port: int, folder: Path, source: str) -> None:
    """Write the device's configuration: its broker is outside, its camera a file."""
    file = write_config(folder, port, camera={"source": source, "loop": True}, door={"path": "/run/door.sock"})
    text = file.read_text().replace(str(folder / "state"), "/root/state").replace("seconds = 5", "seconds = 30")
    (device.container.root / "etc" / "emotion-edge" / "config.toml").write_text(text)


def test_it_installs_from_wheels_beside_debians_numpy(device: Device) -> None:
    assert "installed, not started: /opt/emotion-edge/releases/" in device.said
    says = device.container.run(
        "sh", "-c", "command -v cc gcc clang; ls /opt/emotion-edge/current/lib/*/site-packages", check=False
    )
    assert "cv2" in says.stdout.split()
    assert not {"numpy", "/usr/bin/cc", "/usr/bin/gcc", "/usr/bin/clang"} & set(says.stdout.split())


def test_it_is_small(device: Device) -> None:
    wanted = [wheel for wheel in wheels(device.suite, ARM64).glob("*.whl") if not wheel.name.startswith("numpy-")]
    size = device.container.run("du", "-sb", "/opt/emotion-edge/releases").stdout
    print(device.suite, sum(wheel.stat().st_size for wheel in wanted), "bytes of wheels,", size.split()[0], "installed")
    assert sum(wheel.stat().st_size for wheel in wanted) <= DOWNLOAD
    assert int(size.split()[0]) <= INSTALLED


def test_pictures_are_counted(device: Device) -> None:
    portraits = "/mnt/source/edge/camera/sources/portraits"
    words = ("emotion-edge", "count", "--json", f"{portraits}/collins.jpg", f"{portraits}/hopper.jpg")
    lines = [json.loads(line) for line in device.container.run(*words).stdout.splitlines()]
    assert [len(line["faces"]) for line in lines] == [1, 1]


def test_twelve_people_of_a_clip_arrive_at_a_broker_outside(
    device: Device, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    data("video/mosaic12.mp4")
    configure(device, mosquitto.port, tmp_path, "/mnt/data/video/mosaic12.mp4")
    subscriber = Subscriber(mosquitto.port)
    with device.container.running("emotion-edge", "run") as daemon:

        def arrived() -> bool:
            assert daemon.poll() is None, device.container.output
            while not subscriber.messages.empty():
                topic, record, _retained = subscriber.messages.get()
                if topic.endswith("/info") and record["model"]:
                    assert record["runtime"] == "ai-edge-litert"
                if topic.endswith("/counts") and (record["faces"]["mean"] or 0) >= 11.5:
                    assert record["faces"]["mean"] <= 12.5
                    return True
            return False

        until(arrived, SECONDS)
    subscriber.close()


def test_the_doctor_finds_libraries_model_camera_and_broker_in_order(
    device: Device, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    configure(device, mosquitto.port, tmp_path, "scene")
    done = device.container.run("emotion-edge", "doctor", "--json", check=False)
    states = {finding["code"]: finding["state"] for finding in json.loads(done.stdout)["findings"]}
    well = ["system", "library.numpy", "library.opencv", "library.tflite", "cascade", "model", "camera", "broker.back"]
    assert {name: states[name] for name in well} == dict.fromkeys(well, "ok")


@pytest.mark.parametrize("suite", SUITES)
def test_every_library_is_for_arm64_and_for_pages_of_16_kib(suite: str) -> None:
    opted_in()
    tried = 0
    for wheel in sorted(wheels(suite, ARM64).glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            for name in archive.namelist():
                if ".so" in Path(name).suffixes:
                    tried += 1
                    machine, alignments = elf(archive.read(name))
                    assert machine == ARM64_MACHINE, f"{wheel.name}: {name}"
                    assert min(alignments) >= PAGE, f"{wheel.name}: {name} is aligned to {min(alignments)} bytes"
    assert tried > 10


def elf(data: bytes) -> tuple[int, list[int]]:
    """Return the processor of a 64-bit ELF file, and the alignment of each segment that is loaded."""
    assert data[:5] == b"\x7fELF\x02"
    (machine,) = struct.unpack_from("<H", data, 18)
    (first,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    headers = [struct.unpack_from("<IIQQQQQQ", data, first + size * number) for number in range(count)]
    return machine, [header[7] for header in headers if header[0] == LOAD]
