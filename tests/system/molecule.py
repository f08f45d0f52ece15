"""The machines of a Molecule scenario, as `ansible/extensions/molecule/shared/create.yml` asks for them.

python -m tests.system.molecule create FOLDER INVENTORY LIBRARIES NAME=SUITE...   boots machines
python -m tests.system.molecule destroy FOLDER                                    ends them

`create` returns when they run; a process of its own keeps them. FOLDER gets keys, releases and a log. INVENTORY says
how Ansible reaches them, and what the scenarios use of this machine. LIBRARIES is `device` or `hub`.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Literal, cast

import pytest

from tests.conftest import ROOT, until
from tests.system.fleet import Fleet, another, booted, release
from tests.system.playbook import BIN

Libraries = Literal["device", "hub"]
NEWER = "0.2.1"
"""The version of the release that an upgrade brings: the same program."""
BOOT_SECONDS = 1800.0
"""The first one builds the trees."""
END_SECONDS = 180.0
KEEP_SECONDS = 4 * 3600.0
"""After so long they end by themselves: a Molecule that was killed asks nobody to."""


def _runs(folder: Path) -> int:
    """Return the process that keeps the machines of a folder; 0 where none does. It holds a lock while it lives."""
    file = folder / "keeper"
    if not file.exists():
        return 0
    with file.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(lock.read() or 0)
    return 0


def _inventory(fleet: Fleet, wheel: Path) -> str:
    """Return the inventory: a text of JSON, which is YAML, too."""
    folder, beside = fleet.folder, fleet.network.beside()
    ssh = folder / "ssh"
    unknown = "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"  # each one is new
    ssh.write_text(f'#!/bin/sh\nexec {" ".join(beside)} ssh {unknown} "$@"\n')
    ssh.chmod(0o700)
    newer = folder / another(wheel, NEWER)
    for one in (wheel, newer):
        fleet.sign(one)
    common = {
        "ansible_user": "root",
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_ssh_private_key_file": str(folder / "key"),
        "ansible_ssh_executable": str(ssh),
        # Connections that stay open are found by address, and another network has the same ones.
        "ansible_control_path_dir": str(folder / "connections"),
        "fleet_beside": beside,
        "fleet_wheel": str(wheel),
        "fleet_newer_wheel": str(newer),
        "fleet_newer": NEWER,
        "fleet_signers": str(folder / "signers"),
        "fleet_program": f"{' '.join(beside)} {BIN}/emotion-edge",
        "fleet_python": sys.executable,
    }
    hosts = {name: {"ansible_host": address} for name, address in fleet.addresses.items()}
    return json.dumps({"all": {"vars": common, "hosts": hosts}}, indent=2)


def _end(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # what ends the machines is not broken off
    sys.exit(0)


def keep(folder: Path, inventory: Path, packages: str, suites: dict[str, str]) -> None:
    """Boot the machines, write the inventory, and keep them until somebody ends this process."""
    signal.signal(signal.SIGTERM, _end)
    with (folder / "keeper").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            wheel = release(folder)
            with booted(folder, suites, cast("Libraries", packages)) as fleet:
                # Not in the folder of the inventory, which is read as a whole.
                part = inventory.parent.parent / f"{inventory.name}.part"
                part.write_text(_inventory(fleet, wheel))
                part.replace(inventory)
                time.sleep(KEEP_SECONDS)
        except pytest.skip.Exception as reason:  # no root, no tools, no folder for the trees
            sys.exit(str(reason))


def create(folder: Path, inventory: Path, packages: str, machines: list[str]) -> None:
    """Boot machines; return when Ansible can reach them."""
    if _runs(folder):
        sys.exit(f"machines run in {folder} already; end them: molecule destroy, with the name of their scenario")
    subprocess.run(["rm", "-rf", "--one-file-system", folder], check=True)
    folder.mkdir(parents=True, mode=0o700)
    (folder / "keeper").touch()
    inventory.unlink(missing_ok=True)
    words = [sys.executable, "-m", "tests.system.molecule", "keep", str(folder), str(inventory), packages, *machines]
    with (folder / "log").open("w") as log:
        keeper = subprocess.Popen(
            words, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    until(lambda: inventory.exists() or keeper.poll() is not None, BOOT_SECONDS)
    if not inventory.exists():
        sys.exit(f"the machines do not run:\n{(folder / 'log').read_text()[-3000:]}")


def destroy(folder: Path) -> None:
    """End the machines of a folder, if there are any."""
    if keeper := _runs(folder):
        os.kill(keeper, signal.SIGTERM)
        until(lambda: not _runs(folder), END_SECONDS)
    # What is mounted there is left alone: it is not ours to remove.
    subprocess.run(["rm", "-rf", "--one-file-system", folder], check=True)


def main(command: str, folder: str, *words: str) -> None:
    """Do what the command line says."""
    if command == "destroy":
        destroy(Path(folder))
        return
    inventory, packages, *machines = words
    if command == "create":
        create(Path(folder), Path(inventory), packages, machines)
    else:
        pairs = (one.partition("=") for one in machines)
        keep(Path(folder), Path(inventory), packages, {name: suite for name, _equals, suite in pairs})


if __name__ == "__main__":
    if len(sys.argv) < 3 or sys.argv[1] not in ("create", "destroy", "keep"):
        sys.exit(__doc__)
    main(*sys.argv[1:])
