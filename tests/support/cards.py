"""Boot partitions of Raspberry Pi OS, wheels and plans for tests of cards."""

import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.card.plan import Plan
from edge.cli import main
from tests.conftest import ROOT

WHEEL = "emotion_edge-0.2.0-py3-none-any.whl"
SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMr4mpcB2BslYvG1q9vR8z5Qyq6NnwG0mO3tW5Q1l8b+ technician"
BOOKWORM = (
    "console=serial0,115200 console=tty1 root=PARTUUID=4e639091-02 rootfstype=ext4 fsck.repair=yes rootwait quiet "
    "init=/usr/lib/raspberrypi-sys-mods/firstboot\n"
)
TRIXIE = (
    "console=serial0,115200 console=tty1 root=PARTUUID=8d1a2f3c-02 rootfstype=ext4 fsck.repair=yes rootwait resize\n"
)


def plan(**changes: object) -> Plan:
    """Return a card that can be written."""
    values = {"host": "pi-b12.school.test", "device_id": "pi-b12", "site": "north", "room": "B12", "user": "pi"}
    return Plan(**{**values, "ssh_keys": (SSH_KEY,), **changes})  # type: ignore[arg-type]


def boot_files(system: str) -> dict[str, str]:
    """Return what lies on a boot partition that was just written."""
    of_trixie = {"user-data": "#cloud-config\n", "meta-data": "instance_id: rpios-image\n", "network-config": "\n"}
    cmdline = TRIXIE if system == "trixie" else BOOKWORM
    return {"config.txt": "camera_auto_detect=1\n", "cmdline.txt": cmdline} | (of_trixie if system == "trixie" else {})


def mounted(folder: Path, system: str = "trixie") -> Path:
    """Return a folder like a mounted boot partition."""
    folder.mkdir()
    for name, text in boot_files(system).items():
        (folder / name).write_text(text)
    return folder


def image(file: Path, system: str = "trixie", megabytes: int = 64) -> Path:
    """Return an image with a partition table and a FAT partition; skip the test where its programs are absent."""
    missing = [name for name in ("mkfs.vfat", "mcopy") if shutil.which(name, path="/usr/bin:/usr/sbin:/sbin") is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} missing: apt install mtools dosfstools")
    fat, offset = file.with_suffix(".fat"), 8192
    with fat.open("wb") as partition:
        partition.truncate(megabytes * 1_000_000)
    subprocess.run(["/usr/sbin/mkfs.vfat", "-F", "32", "-s", "1", fat], check=True, capture_output=True)
    for name, text in boot_files(system).items():
        source = file.with_name(name)
        source.write_text(text)
        subprocess.run(["mcopy", "-i", fat, source, f"::/{name}"], check=True)
    entry = bytes([0, 0, 0, 0, 0x0C, 0, 0, 0]) + offset.to_bytes(4, "little") + (megabytes * 2000).to_bytes(4, "little")
    table = bytes(446) + entry + bytes(48) + b"\x55\xaa"
    with file.open("wb") as whole:
        whole.write(table + bytes(offset * 512 - len(table)) + fat.read_bytes())
    fat.unlink()
    return file


def wheel(folder: Path, *, without: str = "") -> Path:
    """Return a release with what a card needs of it, and nothing else."""
    path = folder / WHEEL
    share = "emotion_edge-0.2.0.data/data/share/emotion-edge"
    files = {name: f"deploy/{name}" for name in ("first-boot.sh", "clone.sh", "install.sh")}
    files |= {
        f"systemd/{name}": f"systemd/{name}" for name in ("emotion-edge-enrol.service", "emotion-edge-clone.service")
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in files.items():
            if name != without:
                archive.write(ROOT / source, f"{share}/{name}")
    return path


class Writer:
    """`emotion-edge card` with a folder of codes of its own."""

    def __init__(self, folder: Path) -> None:
        self.codes = folder / "codes-of-it"
        self.wheel = wheel(folder)
        self.key = folder / "id.pub"
        self.key.write_text(SSH_KEY + "\n")

    def __call__(self, target: Path, *options: str, **changes: str) -> Result:
        """Run it; a `changes` of an option replaces its value, an empty one leaves the option away."""
        values = {
            "host": "pi-b12",
            "site": "north",
            "room": "B12",
            "ssh-key": str(self.key),
            "server": "controller.test",
        }
        values |= {"wheel": str(self.wheel), "codes": str(self.codes)} | {
            n.replace("_", "-"): v for n, v in changes.items()
        }
        words = [word for name, value in values.items() if value for word in (f"--{name}", value)]
        return CliRunner().invoke(main, ["card", str(target), *words, *options])

    def written(self, target: Path, *options: str, **changes: str) -> dict[str, str]:
        """Run it, and return its report."""
        done = self(target, "--json", *options, **changes)
        assert done.exit_code == 0, done.output
        found: dict[str, str] = json.loads(done.stdout)
        return found


def from_image(file: Path) -> Callable[[str], str]:
    """Return what reads a text of an image, by mtools and not by our code."""

    def read(path: str) -> str:
        words = ["mcopy", "-n", "-i", f"{file}@@{8192 * 512}", f"::/{path}", "-"]
        return subprocess.run(words, check=True, capture_output=True).stdout.decode()

    return read
