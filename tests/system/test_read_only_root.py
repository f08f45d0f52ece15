"""A device whose root is read-only, as `device_read_only_root` makes it, in a booted Debian 13.

The root is mounted as Debian's overlayroot does it; its program for the initramfs is not run here.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.fleet import Fleet, booted, release, whole

pytestmark = [pytest.mark.timeout(1800), whole]

STATE = "/var/lib/emotion-edge"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return release(tmp_path_factory.mktemp("read-only"))


@pytest.fixture(scope="module")
def sealed(wheel: Path) -> Iterator[Fleet]:
    """One machine that is broker and device, set up, and started again with a root that is read-only."""
    state = wheel.parent / "state"
    state.mkdir()
    with booted(wheel.parent, {"school": "trixie"}, writable={STATE: state}) as one:
        one.sign(wheel)
        done = one.play("site.yml", one.inventory(canary="school", school=wheel.name))
        assert done.returncode == 0, done.stdout + done.stderr
        one.machines["school"].power_off()
        one.machines["school"].boot_read_only()
        yield one


def test_counts_go_on_over_a_power_cut_and_only_the_state_stays(sealed: Fleet) -> None:
    school, runs = sealed.machines["school"], sealed.releases()
    with sealed.listening() as heard:
        heard.wait_for_more("pi-school")
    school.write("/etc/emotion-edge/left", "by somebody")
    school.write(f"{STATE}/left", "by the device")
    school.power_off(orderly=False)
    school.boot_read_only()
    assert school.says("ls", "/etc/emotion-edge/left", f"{STATE}/left") == f"{STATE}/left"
    assert sealed.releases() == runs
    with sealed.listening() as heard:
        heard.wait_for_more("pi-school")


@pytest.mark.parametrize("book", ["site.yml", "upgrade.yml", "rotate_certificates.yml", "retire.yml"])
def test_what_would_be_forgotten_is_refused_with_the_command_that_helps(sealed: Fleet, wheel: Path, book: str) -> None:
    inventory = sealed.inventory(canary="school", school=wheel.name)
    if book == "retire.yml":  # which refuses a broker for another reason
        inventory.write_text(inventory.read_text().replace("broker: {hosts: {school: }}", ""))
    done = sealed.play(book, inventory, "--limit", "school")
    assert done.returncode == 2, done.stdout
    said = " ".join(done.stdout.split())
    assert re.search(r"school: its root is read-only.*--limit school writable\.yml", said), done.stdout
    assert re.findall(r"changed=(\d+)", done.stdout) == ["0"], done.stdout


def test_a_trial_run_is_not_refused(sealed: Fleet, wheel: Path) -> None:
    done = sealed.play("site.yml", sealed.inventory(canary="school", school=wheel.name), "--check")
    assert done.returncode == 0, done.stdout
