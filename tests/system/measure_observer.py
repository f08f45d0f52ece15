"""What a running observer writes and whom it reaches, and how soon the first record is there.

    EMOTION_EDGE_TREES=/var/cache/emotion-edge-trees python -m tests.system.measure_observer [SUITE] [MINUTES]

In a booted Debian, with the units as installed; strace follows the observer and its camera's reader all the time. Needs
what `make test-system` needs.
"""

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import ROOT
from tests.support.wheel import build_wheel
from tests.system.installed import CONFIG, OBSERVER, WHEEL, pid
from tests.system.machine import Machine, tree, wheels

_OPENED = re.compile(r'openat\(.*?, "([^"]*)", (O_\S*(?:O_WRONLY|O_RDWR|O_CREAT)\S*).*= \d')
_ADDRESS = re.compile(r'sa_family=(AF_\w+)(?:, sun_path=(@?"[^"]*"))?')


def written(machine: Machine, processes: list[str]) -> int:
    """Return how many bytes these processes have caused to be sent to a disk, see proc(5)."""
    texts = [machine.says("cat", f"/proc/{number}/io") for number in processes]
    return sum(int(number) for text in texts for number in re.findall(r"^write_bytes: (\d+)", text, re.MULTILINE))


def measure(machine: Machine, minutes: float) -> None:
    """Print the figures of a run of so many minutes."""
    with machine.subscriber("+/+/+/+/counts", "-h", "127.0.0.1") as following:
        machine.run("systemctl", "stop", "emotion-edge.target")
        begun = time.monotonic()
        machine.run("systemctl", "start", "emotion-edge.target")
        following("/counts")
        print(f"first record      {time.monotonic() - begun:.1f} s after the start, at an interval of 5 s")
    observer = str(pid(machine, OBSERVER))
    processes = [observer, *machine.says("pgrep", "-P", observer).split()]
    before = written(machine, processes)
    attach = [word for number in processes for word in ("-p", number)]
    trace = ["timeout", f"{60 * minutes:.0f}", "strace", "-f", "-qq", "-o", "/root/trace", *attach]
    subprocess.run(machine.command(*trace, "-e", "trace=%network,openat,creat,unlink,rename"), check=False)
    lines = machine.says("cat", "/root/trace").splitlines()
    files = sorted({found[1] for line in lines if (found := _OPENED.search(line))})
    reached = sorted({" ".join(found.groups("")) for line in lines for found in _ADDRESS.finditer(line)})
    print(f"{minutes:g} minutes of {machine.says('systemctl', '--version').splitlines()[0]}, {len(lines)} calls traced")
    print(f"written to disk   {written(machine, processes) - before} bytes")
    print(f"opened to write   {files or 'nothing'}")
    print(f"addresses         {reached or 'none'}")
    print(f"sockets           {sockets(machine, processes)}")


def sockets(machine: Machine, processes: list[str]) -> str:
    """Return the peers of the sockets that these processes hold."""
    lines = machine.says("ss", "-axpnH").splitlines() + machine.says("ss", "-tuanpH").splitlines()
    ours = [line for line in lines if any(f"pid={number}," in line for number in processes)]
    return "; ".join(" ".join(line.split()[:8]) for line in ours) or "none"


def main() -> None:
    """Boot, install, measure."""
    suite = sys.argv[1] if len(sys.argv) > 1 else "trixie"
    minutes = float(sys.argv[2]) if len(sys.argv) > 2 else 10.0
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(Path(folder) / "wheel").parent
        binds = {"/mnt/wheels": wheels(suite), "/mnt/wheel": wheel, "/mnt/source": ROOT}
        with Machine(tree(suite), Path(folder) / suite, binds) as machine:
            machine.write("/etc/mosquitto/conf.d/test.conf", "listener 1883 127.0.0.1\nallow_anonymous true\n")
            machine.run("systemctl", "restart", "mosquitto")
            machine.run("mkdir", "-p", "/etc/emotion-edge")
            machine.write("/etc/emotion-edge/config.toml", CONFIG)
            machine.run(*WHEEL)
            measure(machine, minutes)


if __name__ == "__main__":
    main()
