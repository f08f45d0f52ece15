"""Booted machines that reach each other, and our plays; mostly Debian 12, the canary, and Debian 13 with the broker.

Bad releases are our own wheel with another version and one file changed: they fake the fault, and nothing that looks
for it.
"""

import base64
import contextlib
import hashlib
import json
import os
import secrets
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest

from tests.conftest import ROOT, until
from tests.support.wheel import build_wheel
from tests.system.machine import Machine, tree, wheels
from tests.system.network import Network
from tests.system.playbook import BIN, tool

WHEEL = "emotion_edge-0.2.0-py3-none-any.whl"
"""The release that runs at first."""
CREDENTIALS = "/etc/mosquitto/emotion-edge"

whole = pytest.mark.skipif(
    not os.environ.get("EMOTION_EDGE_UPGRADE"),
    reason="minutes on quiet cores: set EMOTION_EDGE_UPGRADE=1, as the nightly workflow does",
)


_AUDITOR = f"""\
export EMOTION_EDGE_CA={CREDENTIALS}
emotion-edge-credentials dashboard north "$0"
echo topic read '#' >>{CREDENTIALS}/acl
systemctl reload mosquitto
"""
"""Makes a login that reads everything: its rights are the last ones in the access list."""


@dataclass(frozen=True)
class Heard:
    """What a subscriber has written so far."""

    file: Path

    def of(self, device: str, leaf: str) -> list[dict[str, Any]]:
        """Return the messages of a device, oldest first, from topics with this ending."""
        found = []
        for line in self.file.read_text().splitlines(keepends=True):
            topic, _, payload = line.partition("\t")
            if (
                topic.startswith("emotion-edge/")
                and f"/{device}/" in topic
                and topic.endswith(leaf)
                and line.endswith("\n")
            ):
                found.append(json.loads(payload))
        return found

    def records(self, device: str) -> dict[str, set[int]]:
        """Return the `seq` of the records of a device by `boot`."""
        found: dict[str, set[int]] = {}
        for record in self.of(device, "/counts") + self.of(device, "/counts/backfill"):
            found.setdefault(record["boot"], set()).add(record["seq"])
        return found

    def missing(self, device: str) -> dict[str, list[int]]:
        """Return the `seq` that never came, by `boot`."""
        gaps = {boot: sorted(set(range(min(seen), max(seen))) - seen) for boot, seen in self.records(device).items()}
        return {boot: numbers for boot, numbers in gaps.items() if numbers}

    def wait_for_more(self, device: str, count: int = 2) -> None:
        """Wait until so many more records of a device have come."""
        before = sum(map(len, self.records(device).values()))
        until(lambda: sum(map(len, self.records(device).values())) >= before + count, 120)


@dataclass
class Fleet:
    """Machines, and what steers them."""

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
    upgrade_intervals: 3
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

    def command(self, book: str, inventory: Path, *options: str) -> list[str]:
        """Return the command line that plays one of our books."""
        words = [tool("ansible-playbook"), "-i", str(inventory), *options, str(ROOT / "ansible" / book)]
        # Connections that stay open are found by address, and another network has the same ones.
        settings = {"SSH_CONTROL_PATH_DIR": str(self.folder / "ssh"), "PIPELINING": "1", "NOCOLOR": "1"}
        return self.network.beside("env", *(f"ANSIBLE_{name}={value}" for name, value in settings.items()), *words)

    def play(self, book: str, inventory: Path, *options: str) -> "subprocess.CompletedProcess[str]":
        """Play one of our books."""
        words = self.command(book, inventory, *options)
        return subprocess.run(words, capture_output=True, text=True, timeout=900, check=False)

    @contextlib.contextmanager
    def listening(self) -> Iterator["Heard"]:
        """Yield what a subscriber hears that reads every topic; its session outlives a broker that is killed."""
        school, address = self.machines["school"], self.addresses["school"]
        name = f"auditor-{secrets.token_hex(4)}"
        made = school.run("sh", "-euc", _AUDITOR, name).stdout
        (file, ca) = (self.folder / "heard", self.folder / "ca.crt")
        ca.write_text(school.says("cat", f"{CREDENTIALS}/ca.crt"))
        words = ["mosquitto_sub", "-h", address, "-p", "8884", "--cafile", str(ca), "-u", name, "-P", made.split()[-1]]
        words += ["-i", name, "-c", "-q", "1", "-t", "#", "-F", "%t\t%p"]
        # Until the broker has read the new login, and again where it was killed, it refuses or cannot be reached.
        words = self.network.beside("sh", "-c", 'until "$@"; do sleep 1; done', "sh", *words)
        with file.open("w") as heard, subprocess.Popen(words, stdout=heard, process_group=0) as client:
            try:
                until(lambda: file.stat().st_size > 0, 120)
                yield Heard(file)
            finally:
                os.killpg(client.pid, signal.SIGTERM)

    def admits(self, certificate: str, key: str) -> bool:
        """Return whether the broker takes a certificate; no session of MQTT is begun, so no other one ends by it."""
        for name, text in (("shown.crt", certificate), ("shown.key", key)):
            (self.folder / name).write_text(f"{text}\n")
        words = ["openssl", "s_client", "-connect", f"{self.addresses['school']}:8883", "-tls1_2"]
        words += ["-cert", str(self.folder / "shown.crt"), "-key", str(self.folder / "shown.key")]
        done = subprocess.run(
            self.network.beside(*words), input="", capture_output=True, text=True, timeout=60, check=False
        )
        assert "CONNECTED" in done.stdout, done.stderr
        return done.returncode == 0

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


def release(folder: Path) -> Path:
    """Build the release that is tried; return its wheel.

    Beside it lie the key of ssh (`key`), the one that signs releases (`release`) with the list of who may do so
    (`signers`), and one that may not (`stranger`).
    """
    for name in ("key", "release", "stranger"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    (folder / "signers").write_text(f"emotion-edge {(folder / 'release.pub').read_text()}")
    return build_wheel(folder)


@contextlib.contextmanager
def booted(
    folder: Path,
    suites: dict[str, str],
    packages: Literal["device", "hub"] = "device",
    writable: dict[str, Path] | None = None,
) -> Iterator[Fleet]:
    """Yield machines with nothing of ours, which reach each other and let root in by ssh with `key`.

    `suites` has the Debian release of each by its name; `packages` says whose libraries lie in /mnt/wheels; `writable`
    are folders of this machine by where they lie in all of them.
    """
    with Network() as network, contextlib.ExitStack() as running:
        machines, addresses = {}, {}
        for name, suite in suites.items():
            namespace, addresses[name] = network.join()
            binds = {"/mnt/wheels": wheels(suite, kind=packages)}
            machine = Machine(tree(suite), folder / name, binds, writable=writable, network=namespace)
            machines[name] = running.enter_context(machine)
            machine.run("mkdir", "-p", "-m", "700", "/root/.ssh")
            machine.write("/root/.ssh/authorized_keys", (folder / "key.pub").read_text())
            machine.run("systemctl", "restart", "ssh")
        yield Fleet(network, machines, addresses, folder)


@contextlib.contextmanager
def two_devices(folder: Path) -> Iterator[Fleet]:
    """Yield two devices with release 0.2.0 whose records arrive."""
    wheel = release(folder)
    with booted(folder, {"annex": "bookworm", "school": "trixie"}) as one:
        one.sign(wheel)
        done = one.play("site.yml", one.inventory(annex=wheel.name, school=wheel.name))
        assert done.returncode == 0, done.stdout + done.stderr
        yield one
