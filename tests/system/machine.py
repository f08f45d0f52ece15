"""A Debian machine without hardware: a cached tree under an overlay, its own systemd booted by systemd-nspawn."""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

import pytest

from tests.conftest import until
from tests.support.lock import locked

HERE = Path(__file__).parent
TOOLS = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "nsenter": "util-linux",
    "mosquitto_sub": "mosquitto-clients",
}
PYTHON = {"bookworm": "3.11", "trixie": "3.13"}
PACKAGES = "python3-venv,python3-systemd,python3-apt,mosquitto,openssl,openssh-server,strace,iproute2"
FOREIGN_PACKAGES = "python3-venv,python3-systemd,python3-numpy"
BOOT_SECONDS = 120.0
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
"""Of commands in the machine."""


def trees() -> Path:
    """Return the folder of cached trees; skip the test where none can be built."""
    folder = os.environ.get("EMOTION_EDGE_TREES")
    if not folder:
        pytest.skip(
            "set EMOTION_EDGE_TREES to a folder for Debian trees (2 GB) to boot systemd (make test-system does)"
        )
    if os.geteuid():
        pytest.skip("a Debian tree can be built and booted by root only")
    missing = sorted({package for tool, package in TOOLS.items() if shutil.which(tool) is None})
    if missing:
        pytest.skip(f"booting a Debian tree needs: apt install {' '.join(missing)}")
    path = Path(folder).resolve()
    path.mkdir(parents=True, exist_ok=True)
    return path


@contextlib.contextmanager
def _building(path: Path) -> Iterator[bool]:
    """Yield whether a folder is still to be made; another run of the tests that makes it is waited for."""
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not path.is_dir()


def tree(suite: str, kind: Literal["systemd", "bare", "cloud", "pull"] = "systemd") -> Path:
    """Return a tree of a Debian release that can be booted, built at its first use.

    A bare one has what every image of Debian has, and neither git nor make, no broker, no virtual environments. One of
    `cloud` has cloud-init, too; one for pull mode has git and Ansible.
    """
    path = trees() / f"{suite}-{kind}"
    more = {"cloud": ",cloud-init", "pull": ",git,ansible-core"}.get(kind, "")
    with _building(path) as missing:
        if missing:
            packages = [] if kind == "bare" else [f"{PACKAGES}{more}"]
            subprocess.run([HERE / "make_systemd_tree.sh", suite, path, *packages], check=True)
    return path


def foreign_tree(suite: str) -> Path:
    """Return a tree of Debian for arm64 with what a Pi has, built at its first use; skip where arm64 cannot run."""
    path = trees() / f"arm64-{suite}"
    emulated = subprocess.run([HERE / "emulate_arm64.sh", trees()], capture_output=True, text=True, check=False)
    if emulated.returncode:
        pytest.skip(f"programs for arm64 do not run here: {emulated.stderr.strip()}")
    with _building(path) as missing:
        if missing:
            subprocess.run([HERE / "make_systemd_tree.sh", suite, path, FOREIGN_PACKAGES, "arm64"], check=True)
    return path


def wheels(suite: str, processor: str = os.uname().machine, kind: str = "device") -> Path:
    """Return a folder with the binary wheels that our lock files name, for the Python of a Debian release.

    Those of the hub lie in a folder of their own.
    """
    lines = {one.line for name in (kind, "build") for one in locked(name, PYTHON[suite]).values()}
    text = "\n".join(sorted(lines))
    name = suite if processor == os.uname().machine else f"{processor}-{suite}"
    name = name if kind == "device" else f"{kind}-{name}"
    path = trees() / f"{name}-wheels-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    with _building(path) as missing:
        if missing:
            for former in trees().glob(f"{name}-wheels-*"):
                if former.is_dir():  # the others are locks
                    shutil.rmtree(former)
            platforms = [f"--platform=manylinux{tag}_{processor}" for tag in ("2014", "_2_27", "_2_28", "_2_34")]
            part = path.with_suffix(".part")
            part.mkdir(exist_ok=True)
            (part / "lock.txt").write_text(text)
            pip = ["python3", "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
            pip += [f"--python-version={PYTHON[suite]}", *platforms, "--only-binary=:all:", f"--dest={part}"]
            subprocess.run([*pip, "-r", str(part / "lock.txt")], check=True)
            part.rename(path)
    return path


def package_index() -> tuple[str, dict[str, Path]]:
    """Return what makes a machine's pip use the package index that pip uses here: its configuration, and the mounts."""
    listed = subprocess.run(
        ["python3", "-m", "pip", "config", "list"], capture_output=True, text=True, check=True, cwd="/"
    ).stdout
    lines, binds = ["[global]"], {}
    for name, value in re.findall(r"^(?:global|:env:)\.([\w-]+)='(.*)'$", listed, re.MULTILINE):
        if name in {line.partition(" ")[0] for line in lines}:
            continue
        lines.append(f"{name} = {value}")
        for word in value.split():
            # Beside the pages of an index in a folder lie its files.
            path = Path(urlsplit(word).path).parent if word.startswith("file://") else Path(word)
            if path.is_absolute() and path.exists():
                binds[str(path)] = path
    return "\n".join(lines) + "\n", binds


HOSTILE = "/root/hostile-code-has-run"


def exchange(machine: "Machine", name: str) -> str:
    """Return a folder with the wheels, as in /mnt/wheels, but one with code that Python runs when it starts.

    The code makes the file HOSTILE.
    """
    folder = f"/root/wheels-with-another-{name}"
    machine.run("mkdir", folder)
    machine.run("sh", "-euc", f"cd {folder}; ln -s /mnt/wheels/*.whl .; rm {name}-*; cp /mnt/wheels/{name}-* .")
    machine.write(f"{folder}/hostile.pth", f"import pathlib; pathlib.Path('{HOSTILE}').touch()\n")
    append = f"import glob, zipfile; zipfile.ZipFile(glob.glob('{name}-*')[0], 'a').write('hostile.pth')"
    machine.run("sh", "-euc", f'cd {folder}; python3 -c "{append}"')
    return folder


def _control_groups(name: str) -> list[Path]:
    """Make control groups and return them: in a group of both, a machine's systemd ends services of another machine."""
    root = Path("/sys/fs/cgroup")
    found = []
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _number, kind, path = line.split(":", 2)
        if kind in ("", "name=systemd"):
            tree_of = root / "systemd" if kind else root if (root / "cgroup.controllers").exists() else root / "unified"
            group = tree_of / path.lstrip("/") / name
            group.mkdir(exist_ok=True)
            found.append(group)
    return found


class Machine:
    """A booted tree whose changes are forgotten when it ends.

    `binds` and `writable` are folders outside by where they lie in it; what is written to the latter stays. It has a
    loopback interface and no other network, or where `shared_network` says so that of the machine it runs on, or the
    network namespace of the name `network`.
    """

    def __init__(  # noqa: PLR0913 - what a machine can be given
        self,
        root: Path,
        folder: Path,
        binds: dict[str, Path],
        *,
        writable: dict[str, Path] | None = None,
        shared_network: bool = False,
        network: str = "",
    ) -> None:
        self._lower = str(root)
        self.folder = folder
        self.root = folder / "root"
        self._binds = [f"--bind-ro={source}:{target}" for target, source in binds.items()]
        self._binds += [f"--bind={source}:{target}" for target, source in (writable or {}).items()]
        # The capability: without it systemd gives no unit a network namespace of its own.
        self._network = ["--capability=CAP_NET_ADMIN"] if shared_network or network else ["--private-network"]
        self._network += [f"--network-namespace-path=/run/netns/{network}"] if network else []
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._groups: list[Path] = []

    def __enter__(self) -> Self:
        self.folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", self.folder], check=True)
        self.root.mkdir()
        self._mount("overlay", "upper")
        try:
            self.boot()
        except BaseException:  # nothing else would end it
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.power_off()
        subprocess.run(["umount", "--lazy", self.root], check=False)
        subprocess.run(["umount", "--lazy", self.folder], check=False)

    def _mount(self, name: str, upper: str) -> None:
        """Mount its root under a name in /proc/mounts, with a new layer above what it is made of."""
        for folder in (upper, f"{upper}-work"):
            (self.folder / folder).mkdir()
        layers = f"lowerdir={self._lower},upperdir={self.folder}/{upper},workdir={self.folder}/{upper}-work"
        subprocess.run(["mount", "-t", "overlay", name, "-o", layers, self.root], check=True)

    def boot_read_only(self) -> None:
        """Start it as Debian's overlayroot does: what is written is gone with the next such start."""
        subprocess.run(["umount", "--lazy", self.root], check=True)
        if (self.folder / "memory").exists():
            for folder in ("memory", "memory-work"):
                shutil.rmtree(self.folder / folder)
        else:
            self._lower = f"{self.folder}/upper:{self._lower}"
        self._mount("overlayroot", "memory")
        self.boot()

    def boot(self, *more: str) -> None:
        """Start it, with more options of systemd-nspawn, and wait until its systemd has done so."""
        name = f"edge{os.getpid()}-{self.folder.name}"
        self._groups = _control_groups(name)
        enter = 'for one in $GROUPS_OF_IT; do echo $$ >"$one/cgroup.procs"; done; exec "$@"'
        options = ["--quiet", "--register=no", "--keep-unit", *self._network, f"--machine={name}", *self._binds, *more]
        with (self.folder / "console").open("ab") as console:
            self._nspawn = subprocess.Popen(
                ["sh", "-euc", enter, "sh", "systemd-nspawn", "-D", str(self.root), *options, "--boot"],
                env=os.environ | {"GROUPS_OF_IT": " ".join(map(str, self._groups))},
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                process_group=0,
            )
        try:
            until(lambda: self.says("systemctl", "is-system-running") in ("running", "degraded"), BOOT_SECONDS)
        except BaseException as error:
            error.add_note((self.folder / "console").read_text(errors="replace")[-2000:])
            raise

    def power_off(self, *, orderly: bool = True) -> None:
        """End it as a shutdown does, or as a power cut does."""
        if self._nspawn is None:  # it never began
            return
        if orderly:
            with contextlib.suppress(IndexError, subprocess.TimeoutExpired):
                subprocess.run(self.command("systemctl", "poweroff"), capture_output=True, timeout=30, check=False)
                self._nspawn.wait(60)
        if self._nspawn.poll() is None:
            with contextlib.suppress(IndexError, OSError):  # its first process may not be there yet
                os.kill(int(self._leader), signal.SIGKILL)  # it outlives systemd-nspawn, and all that it runs
        self._nspawn.kill()
        self._nspawn.wait()
        for group in self._groups:
            for folder in sorted((one for one in group.rglob("*") if one.is_dir()), reverse=True):
                with contextlib.suppress(OSError):  # what was killed has not ended yet
                    folder.rmdir()
            with contextlib.suppress(OSError):
                group.rmdir()

    @property
    def _leader(self) -> str:
        assert self._nspawn is not None
        children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children").read_text().split()
        return children[-1]

    def command(self, *words: str) -> list[str]:
        """Return a command line that runs `words` in the machine, as root."""
        return ["nsenter", "-t", self._leader, "-m", "-u", "-i", "-n", "-p", "-r", "-w", "--", *words]

    def beside(self, *words: str) -> list[str]:
        """Return a command line that runs `words` outside of the machine, but in its network."""
        return ["nsenter", "-t", self._leader, "-n", "--", *words]

    def run(self, *words: str, check: bool = True, seconds: float = 900) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end; its failure fails the test."""
        done = subprocess.run(
            self.command(*words), env=ENVIRONMENT, capture_output=True, text=True, timeout=seconds, check=False
        )
        assert not check or done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def says(self, *words: str) -> str:
        """Return what a command prints, also where it fails."""
        try:
            return self.run(*words, check=False).stdout.strip()
        except (IndexError, FileNotFoundError):  # it has not got a first process yet
            return ""

    def write(self, path: str, text: str) -> None:
        """Write a file, as root."""
        subprocess.run(self.command("tee", path), input=text, stdout=subprocess.DEVNULL, text=True, check=True)

    def add_user(self, name: str) -> None:
        """Make a user as Raspberry Pi OS makes its first one: its home is its own, and sudo asks it nothing."""
        self.run("sh", "-c", "echo 127.0.1.1 $(hostname) >>/etc/hosts")  # sudo asks for it
        self.run("useradd", "--create-home", "--shell", "/bin/bash", name)
        self.run("chmod", "700", f"/home/{name}")
        self.write(f"/etc/sudoers.d/{name}", f"{name} ALL=(ALL) NOPASSWD: ALL\n")

    def shows(self, unit: str, name: str) -> str:
        """Return a property of a unit."""
        return self.says("systemctl", "show", f"--property={name}", "--value", unit)

    def journal(self, unit: str) -> str:
        """Return the log lines of a unit."""
        return self.says("journalctl", "--no-pager", "-o", "cat", "-u", unit)

    @contextlib.contextmanager
    def subscriber(self, topic: str = "#", *options: str) -> Any:
        """Yield a function that returns the payload of the next message on a topic with an ending."""
        words = ["mosquitto_sub", *options, "-q", "1", "-t", topic, "-F", "%t\t%p", "-W", "120"]
        program = self.beside(*words)
        with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as client:
            assert client.stdout is not None
            lines = client.stdout

            def following(ending: str, wanted: Callable[[Any], bool] = lambda _payload: True) -> Any:
                for line in lines:
                    name, _, payload = line.rstrip("\n").partition("\t")
                    value = json.loads(payload) if payload.startswith("{") else payload
                    if name.endswith(ending) and wanted(value):
                        return value
                pytest.fail(f"no {ending} within 120 s")

            yield following
            client.terminate()
