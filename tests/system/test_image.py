"""What `deploy/image` makes of a Debian 13, started with a root that nothing can write, as a slot of its image is.

The image itself is not built: the folders that its slots share are mounted as its layout does it.
"""

import subprocess
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT
from tests.system.fleet import release, whole
from tests.system.installed import CONFIG, OBSERVER, PUBLISHER, WHEEL, pid
from tests.system.machine import Machine, tree, wheels

pytestmark = [pytest.mark.timeout(1800), whole]

LAYER = "/mnt/source/deploy/image/layer"
SHARED = "emotion-edge.rootfs-overlay/etc/rpi-image-gen/slot-shared.d/emotion-edge.conf"


@pytest.fixture(scope="module")
def slot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Machine, list[str]]]:
    """A machine that is off, prepared as the layer does it, and the options by which it starts as a slot."""
    folder = tmp_path_factory.mktemp("image")
    (folder / "wheel").mkdir()
    wheel = release(folder)
    wheel.rename(folder / "wheel" / wheel.name)
    lines = (ROOT / "deploy/image/layer" / SHARED).read_text().splitlines()
    paths = ["/var", *(line.partition("=")[2] for line in lines if line.startswith("Path="))]
    binds = {"/mnt/wheels": wheels("trixie"), "/mnt/wheel": folder / "wheel", "/mnt/source": ROOT}
    with Machine(tree("trixie"), folder / "slot", binds) as machine:
        machine.run("cp", "-r", f"{LAYER}/emotion-edge.rootfs-overlay/.", "/")
        machine.run("mkdir", "-p", "/boot/firmware")
        machine.run("sh", "-c", f"sh {LAYER}/prepare.sh / /mnt/wheel/*.whl")
        machine.power_off()
        mounts = []
        for path in paths:
            shared = folder / path.strip("/").replace("/", "-")
            subprocess.run(["cp", "-a", f"{machine.root}{path}", shared], check=True)
            mounts.append(f"--bind={shared}:{path}")
        yield machine, ["--read-only", "--tmpfs=/tmp", *mounts]


def test_a_release_installs_on_a_root_that_nothing_can_write_and_starts_with_it(
    slot: tuple[Machine, list[str]],
) -> None:
    machine, options = slot
    machine.boot(*options)
    assert machine.run("touch", "/etc/something", check=False).returncode
    assert machine.says("ls", "/usr/local/lib/systemd/system", "/opt/emotion-edge") == (
        "/opt/emotion-edge:\n\n/usr/local/lib/systemd/system:"
    )
    machine.write("/etc/emotion-edge/config.toml", CONFIG)
    assert "installed:" in machine.run(*WHEEL).stdout
    runs = machine.says("readlink", "/opt/emotion-edge/current")

    machine.power_off()
    machine.boot(*options)
    for unit in (OBSERVER, PUBLISHER):
        assert pid(machine, unit)
    assert machine.says("readlink", "/opt/emotion-edge/current") == runs
    assert "unchanged:" in machine.run(*WHEEL).stdout
