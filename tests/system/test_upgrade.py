"""`ansible/upgrade.yml` over ssh into two booted machines: a Debian 12 (the canary), and a Debian 13 with the broker.

The bad releases are our own wheel with another version and one file changed: they fake the fault, and nothing that
looks for it.
"""

import base64
import contextlib
import hashlib
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.system.machine import Machine, tree, wheels
from tests.system.network import Network
from tests.system.playbook import BIN, tool

pytestmark = pytest.mark.timeout(1800)  # the first test builds the trees

FRAMES, OBSERVE = "edge/observer/frames.py", "edge/commands/observe.py"
ANALYSE = "people = self._pipeline.analyse(luma, now)"
FAULTS = {
    "0.2.2": (OBSERVE, "service = Service()", 'raise SystemExit("a fault of this release")'),
    "0.2.3": (FRAMES, "counter.add(people,", "counter.add([],"),
    "0.2.4": (FRAMES, ANALYSE, f'{ANALYSE}; self.__dict__.setdefault("leak", []).append(b"x" * 8_000_000 + bytes(1))'),
}
"""What bad releases have in the place of what: one does not start, one publishes zeros, one leaks memory."""


whole = pytest.mark.skipif(
    not os.environ.get("EMOTION_EDGE_UPGRADE"),
    reason="ten minutes on quiet cores: set EMOTION_EDGE_UPGRADE=1, as the nightly workflow does",
)


@dataclass
class Fleet:
    """Two devices, the newest of which is the canary, and what steers them."""

    network: Network
    machines: dict[str, Machine]
    addresses: dict[str, str]
    folder: Path

    def inventory(self, *, canary: str = "annex", **wheel: str) -> Path:
        """Write the inventory: which release for whom."""
        hosts = "".join(
            f"        {name}: {{device_id: pi-{name}, device_room: {name}, ansible_host: {self.addresses[name]},\n"
            f"          device_wheel: {self.folder / wheel[name]}}}\n"
            for name in self.machines
        )
        file = self.folder / "district.yml"
        file.write_text(f"""\
all:
  vars:
    ansible_user: root
    ansible_python_interpreter: /usr/bin/python3
    ansible_ssh_private_key_file: {self.folder / "key"}
    ansible_ssh_common_args: -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
    emotion_edge_notice_accepted: true
    broker_names: [{self.addresses["school"]}]
    broker_update_cache: false
    upgrade_intervals: 2
    upgrade_watch_command: {BIN}/emotion-edge
    upgrade_watch_python: {sys.executable}
  children:
    broker: {{hosts: {{school: }}}}
    canary: {{hosts: {{{canary}}}}}
    devices:
      vars:
        device_site: north
        device_broker_url: mqtts://{self.addresses["school"]}:8883
        device_pip_environment: {{PIP_NO_INDEX: "1", PIP_FIND_LINKS: /mnt/wheels}}
        device_allowed_signers: {self.folder / "signers"}
        device_time_sync: false # these have none, and no network to install one
        device_settings:
          interval_seconds: 5
          camera: {{source: scene, loop: true}}
          privacy: {{min_group: 1, max_share: 1.0}}
      hosts:
{hosts}""")
        return file

    def play(self, book: str, inventory: Path, *options: str) -> "subprocess.CompletedProcess[str]":
        """Play one of our books."""
        words = [tool("ansible-playbook"), "-i", str(inventory), *options, str(ROOT / "ansible" / book)]
        # Connections that stay open are found by address, and another network has the same ones.
        environment = os.environ | {"ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.folder / "ssh")}
        environment |= {"ANSIBLE_PIPELINING": "1", "ANSIBLE_NOCOLOR": "1"}
        return subprocess.run(
            self.network.beside(*words), capture_output=True, text=True, timeout=900, check=False, env=environment
        )

    def releases(self) -> dict[str, str]:
        """Return the version that runs on each, where both of its services do."""
        found = {}
        for name, machine in self.machines.items():
            machine.run("systemctl", "is-active", "emotion-edge-observer", "emotion-edge-publisher")
            found[name] = Path(machine.says("readlink", "/opt/emotion-edge/current")).name.partition("-")[0]
        return found

    def sign(self, wheel: Path, key: str = "release") -> None:
        """Sign a wheel as docs/guide/fleet.md says."""
        wheel.with_name(f"{wheel.name}.sig").unlink(missing_ok=True)
        words = ["ssh-keygen", "-q", "-Y", "sign", "-n", "emotion-edge", "-f", str(self.folder / key), str(wheel)]
        subprocess.run(words, check=True, capture_output=True)


def another(wheel: Path, version: str, file: str = "", old: str = "", new: str = "") -> str:
    """Write a wheel of another version, with a text replaced in one file; return its name."""
    target = wheel.with_name(wheel.name.replace("0.2.0", version))
    record: list[str] = []
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as changed:
        for name in source.namelist():
            content = source.read(name)
            if name == file:
                assert content.count(old.encode()) == 1
                content = content.replace(old.encode(), new.encode())
            if name == "edge/__init__.py" or name.endswith("/METADATA"):
                content = content.replace(b"0.2.0", version.encode(), 1)
            path = name.replace("emotion_edge-0.2.0.", f"emotion_edge-{version}.")
            if path.endswith("/RECORD"):
                content = "".join([*record, f"{path},,\n"]).encode()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={digest},{len(content)}\n")
            changed.writestr(path, content)
    return target.name


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two devices with release 0.2.0 whose records arrive."""
    folder = tmp_path_factory.mktemp("fleet")
    suites = {"annex": "bookworm", "school": "trixie"}
    for name in ("key", "release", "stranger"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    (folder / "signers").write_text(f"emotion-edge {(folder / 'release.pub').read_text()}")
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    with Network() as network, contextlib.ExitStack() as booted:
        machines, addresses = {}, {}
        for name, suite in suites.items():
            namespace, addresses[name] = network.join()
            machine = Machine(tree(suite), folder / name, {"/mnt/wheels": wheels(suite)}, network=namespace)
            machines[name] = booted.enter_context(machine)
            machine.run("mkdir", "-p", "-m", "700", "/root/.ssh")
            machine.write("/root/.ssh/authorized_keys", (folder / "key.pub").read_text())
            machine.run("systemctl", "restart", "ssh")
        one = Fleet(network, machines, addresses, folder)
        (wheel,) = folder.glob("*.whl")
        one.sign(wheel)
        done = one.play("site.yml", one.inventory(annex=wheel.name, school=wheel.name))
        assert done.returncode == 0, done.stdout + done.stderr
        yield one


@pytest.fixture(scope="module")
def wheel(fleet: Fleet) -> Path:
    """The release that runs."""
    return fleet.folder / "emotion_edge-0.2.0-py3-none-any.whl"


LOCK = """\
import fcntl
with open('/var/lib/dpkg/lock-frontend', 'w') as file:
    fcntl.lockf(file, fcntl.LOCK_EX)
    print(1, flush=True)
    input()
"""
"""Holds a lock as apt does, until its input ends."""


def test_what_is_missing_is_said_before_anything_changes(fleet: Fleet, wheel: Path) -> None:
    inventory = fleet.inventory(annex=wheel.name, school=wheel.name)
    done = fleet.play("site.yml", inventory, "-e", "device_rom=B12")
    assert "unknown variable device_rom" in done.stdout

    inventory.write_text(inventory.read_text().replace("device_id: pi-school", "device_id: pi-annex"))
    holder = fleet.machines["annex"].command("python3", "-c", LOCK)
    with subprocess.Popen(holder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as apt:
        assert apt.stdout is not None
        assert apt.stdout.readline() == "1\n"
        done = fleet.play(
            "site.yml", inventory, "-e", "device_free_megabytes=99999999", "-e", "device_apt_wait_seconds=1"
        )
        apt.communicate("\n")
    assert done.returncode == 2, done.stdout
    assert len(re.findall(r"msg.*device_id pi-annex is used twice.*MB free and needs 99999999", done.stdout)) == 2, (
        done.stdout
    )
    assert re.search(r"annex: .*apt is in use by process \d+ \(python3", done.stdout), done.stdout
    assert re.findall(r"changed=(\d+)", done.stdout) == ["0", "0"]


def test_a_release_that_another_key_has_signed_is_not_run(fleet: Fleet, wheel: Path) -> None:
    name = another(wheel, "0.2.9")
    fleet.sign(fleet.folder / name, "stranger")
    inventory = fleet.inventory(annex=name, school=name)
    done = fleet.play("upgrade.yml", inventory)
    assert done.returncode == 2, done.stdout
    assert "is not signed by emotion-edge with a key of signers that is in force" in done.stdout

    fleet.sign(fleet.folder / name)
    (fleet.folder / "revoked").write_text((fleet.folder / "release.pub").read_text())
    done = fleet.play("upgrade.yml", inventory, "-e", f"device_revoked_keys={fleet.folder / 'revoked'}", "--check")
    assert done.returncode == 2, done.stdout
    assert "revoked" in done.stdout
    done = fleet.play("upgrade.yml", inventory, "-e", "device_allowed_signers=", "--check")
    assert done.returncode == 2, done.stdout
    assert "No keys are named that may sign a release" in done.stdout
    assert fleet.releases() == {"annex": "0.2.0", "school": "0.2.0"}


def test_a_damaged_wheel_changes_nothing_and_stops_at_the_canary(fleet: Fleet, wheel: Path) -> None:
    name = another(wheel, "0.2.8")
    content = (fleet.folder / name).read_bytes()
    (fleet.folder / name).write_bytes(content[: len(content) // 2])
    fleet.sign(fleet.folder / name)
    done = fleet.play("upgrade.yml", fleet.inventory(annex=name, school=name))
    assert done.returncode == 2, done.stdout
    assert "is no wheel, or it is damaged" in done.stdout
    assert fleet.releases() == {"annex": "0.2.0", "school": "0.2.0"}
    assert fleet.machines["school"].says("sh", "-c", f"ls /usr/local/src/emotion-edge/{name}") == ""


def test_a_release_that_does_not_start_is_taken_back_and_no_other_device_is_touched(fleet: Fleet, wheel: Path) -> None:
    name = another(wheel, "0.2.2", *FAULTS["0.2.2"])
    fleet.sign(fleet.folder / name)
    done = fleet.play("upgrade.yml", fleet.inventory(annex=name, school=name))
    assert done.returncode == 2, done.stdout
    assert "does not start and was taken back" in done.stdout
    assert fleet.releases() == {"annex": "0.2.0", "school": "0.2.0"}
    assert "0.2.2" not in fleet.machines["school"].says("ls", "/opt/emotion-edge/releases")


@whole
def test_zeros_and_a_leak_are_found_and_the_whole_batch_goes_back(fleet: Fleet, wheel: Path) -> None:
    zeros, leak = (another(wheel, version, *FAULTS[version]) for version in ("0.2.3", "0.2.4"))
    for name in (zeros, leak):
        fleet.sign(fleet.folder / name)
    done = fleet.play("upgrade.yml", fleet.inventory(canary="annex, school", annex=zeros, school=leak))
    assert done.returncode == 2, done.stdout
    reason = re.search(r"This batch went back.*", done.stdout)
    assert reason, done.stdout
    assert re.search(r"annex: no people are counted, and the release before counted up to \d", reason[0]), reason[0]
    assert re.search(r"school: emotion-edge-observer.service has \d+ MiB of memory", reason[0]), reason[0]
    assert fleet.releases() == {"annex": "0.2.0", "school": "0.2.0"}


@whole
def test_a_good_release_passes_the_canary_and_then_the_others(fleet: Fleet, wheel: Path) -> None:
    name = another(wheel, "0.2.1")
    fleet.sign(fleet.folder / name)
    inventory = fleet.inventory(annex=name, school=name)
    trial = fleet.play("upgrade.yml", inventory, "--check")
    assert trial.returncode == 0, trial.stdout
    assert len(re.findall(r"release 0\.2\.0-\w+ becomes 0\.2\.1-\w+", trial.stdout)) == 2, trial.stdout
    assert fleet.releases() == {"annex": "0.2.0", "school": "0.2.0"}

    done = fleet.play("upgrade.yml", inventory)
    assert done.returncode == 0, done.stdout + done.stderr
    passed = re.findall(r"(\w+): 0\.2\.1-\w+ is as good as the release before", done.stdout)
    assert passed == ["annex", "school"], done.stdout
    assert fleet.releases() == {"annex": "0.2.1", "school": "0.2.1"}
    logins = fleet.machines["school"].says("cat", "/etc/mosquitto/emotion-edge/passwords")
    assert "fleet-watch" not in logins

    again = fleet.play("upgrade.yml", inventory)
    assert again.returncode == 0, again.stdout
    assert re.findall(r"changed=(\d+)", again.stdout) == ["0", "0"], again.stdout
