"""Programs that the demo starts beside the daemon: broker, hub, simulated rooms."""

import subprocess
from collections.abc import Sequence

_END_SECONDS = 30.0


def start_child(command: Sequence[str], stdout: int | None = None) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own: Ctrl-C must reach the daemon first, which then says goodbye."""
    return subprocess.Popen(command, process_group=0, stdout=stdout, stderr=subprocess.DEVNULL)  # noqa: S603 - our own


def end_child(process: subprocess.Popen[bytes] | None) -> None:
    """End a program that was started, and wait until it has ended."""
    if process is not None:
        process.terminate()
        process.wait(_END_SECONDS)
