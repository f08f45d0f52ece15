"""Properties of our units, as systemd reports them, and whether the kernel enforces them."""

import os
import shutil
import socket
import subprocess
import sys

OBSERVER, PUBLISHER = "emotion-edge-observer.service", "emotion-edge-publisher.service"
SERVICES = (OBSERVER, PUBLISHER)
_TRY_SECONDS = 3


def unit_properties(unit: str) -> dict[str, str]:
    """Return all properties of a unit as systemd has loaded it; empty where there is no systemd."""
    program = shutil.which("systemctl")
    if program is None:
        return {}
    done = subprocess.run(  # noqa: S603 - systemd's own program
        [program, "show", unit], capture_output=True, text=True, timeout=30, check=False
    )
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)


def denies_addresses() -> bool | None:
    """Return whether IPAddressDeny= has an effect: the kernel needs BPF programs of control groups, and not all have.

    Units try to reach a port of this machine, one that may and one that may not. None: only root can start units, and
    only where systemd runs.
    """
    if os.geteuid() or shutil.which("systemd-run") is None:
        return None
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = int(listener.getsockname()[1])
        if not _reaches(port):
            return None
        return not _reaches(port, "--property=IPAddressDeny=any")


def _reaches(port: int, *properties: str) -> bool:
    """Return whether a unit with these properties reaches a TCP port of this machine."""
    program = shutil.which("systemd-run")
    assert program is not None
    tries = f"import socket; socket.create_connection(('127.0.0.1', {port}), {_TRY_SECONDS})"
    options = ("--quiet", "--wait", "--collect", f"--property=RuntimeMaxSec={2 * _TRY_SECONDS}", *properties)
    done = subprocess.run(  # noqa: S603 - systemd's own program
        [program, *options, sys.executable, "-c", tries], capture_output=True, timeout=30, check=False
    )
    return done.returncode == 0
