"""A Debian tree without its own systemd: a cached tree under an overlay, each command in a container of its own."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from tests.system.machine import ENVIRONMENT

OFFLINE = ENVIRONMENT | {"SYSTEMD_OFFLINE": "1", "HOME": "/root"}
"""systemctl enables units and starts none."""


class Container:
    """What a tree's programs do, also those of another processor; all that is changed is forgotten when it ends.

    It has the network of the machine that it runs on.
    """

    def __init__(self, root: Path, folder: Path, binds: dict[str, Path]) -> None:
        self._lower = root
        self.folder = folder
        self.root = folder / "root"
        self._binds = [f"--bind-ro={source}:{target}" for target, source in binds.items()]
        self._commands = 0

    def __enter__(self) -> Self:
        self.folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", self.folder], check=True)
        for name in ("root", "upper", "work"):
            (self.folder / name).mkdir()
        layers = f"lowerdir={self._lower},upperdir={self.folder}/upper,workdir={self.folder}/work"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, self.root], check=True)
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", "--lazy", self.root], check=False)
        subprocess.run(["umount", "--lazy", self.folder], check=False)

    def command(self, *words: str) -> list[str]:
        """Return a command line that runs `words` in the tree, as root; all that it starts ends with it."""
        self._commands += 1
        # A machine has the name of a host, which may not have the underscore of x86_64.
        name = f"arm{os.getpid()}-{self.folder.name}-{self._commands}".replace("_", "-")
        options = ["--quiet", "--register=no", "--keep-unit", f"--machine={name}", "--as-pid2", "--pipe"]
        options += ["--resolv-conf=copy-host", *self._binds, *(f"--setenv={k}={v}" for k, v in OFFLINE.items())]
        return ["systemd-nspawn", "-D", str(self.root), *options, "--", *words]

    def run(self, *words: str, check: bool = True, seconds: float = 3600) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end; its failure fails the test."""
        done = subprocess.run(
            self.command(*words),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert not check or done.returncode == 0, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    @contextlib.contextmanager
    def running(self, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
        """Let a command run beside the test; it ends with the block."""
        with (self.folder / "output").open("ab") as output:
            program = subprocess.Popen(
                self.command(*words), stdin=subprocess.DEVNULL, stdout=output, stderr=output, process_group=0
            )
        try:
            yield program
        finally:
            program.terminate()
            try:
                program.wait(60)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()

    @property
    def output(self) -> str:
        """What commands that ran beside the test have printed."""
        return (self.folder / "output").read_text(errors="replace")
