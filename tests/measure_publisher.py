"""What the publisher costs with the broker up: memory, processor, writes to disk, bytes on the wire.

    python -m tests.measure_publisher [MINUTES]

Runs the true publisher at a record every ten seconds against Mosquitto, both in a network namespace of their own whose
loopback counts every byte with its TCP, IP and Ethernet headers. Needs root and Linux.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.conftest import ROOT, Mosquitto, until
from tests.faults.road import Witness
from tests.support.daemon import command, write_config
from tests.support.resources import cpu_seconds, number

INTERVAL = 10
MONTH = 30 * 86_400


def wire_bytes(namespace: str) -> int:
    """Bytes that went over the namespace's loopback, each packet once."""
    read = ["ip", "netns", "exec", namespace, "cat", "/sys/class/net/lo/statistics/tx_bytes"]
    return int(subprocess.run(read, check=True, capture_output=True, text=True).stdout)


def measure(folder: Path, namespace: str, seconds: float) -> None:
    """Print the figures of a run of so many seconds."""
    inside = ("ip", "netns", "exec", namespace)
    lines = f"allow_anonymous true\nlistener 0 {folder}/witness.sock"
    broker = Mosquitto(folder, lines, prefix=inside)
    broker.start()
    witness = Witness(str(folder / "witness.sock"))
    until(lambda: witness.subscribed)
    config = write_config(folder, broker.port)
    config.write_text(config.read_text().replace("interval_seconds = 5", f"interval_seconds = {INTERVAL}"))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    publisher = subprocess.Popen([*inside, *command("publish", "--config", config)], env=environment)
    until((folder / "door.sock").exists)
    driver = [sys.executable, "-m", "tests.faults.observer", str(folder / "door.sock"), str(INTERVAL), str(folder)]
    observer = subprocess.Popen(driver, env=environment, cwd=ROOT)
    try:
        until(witness.keys, 60)
        begun, before = time.monotonic(), (cpu_seconds(publisher.pid), wire_bytes(namespace))
        written, records = number(publisher.pid, "io", "write_bytes"), len(witness.arrived)
        time.sleep(seconds)
        passed = time.monotonic() - begun
        cpu, wire = cpu_seconds(publisher.pid) - before[0], wire_bytes(namespace) - before[1]
        written = number(publisher.pid, "io", "write_bytes") - written
        records = len(witness.arrived) - records
        largest = max(witness.sizes)
        print(f"{passed:.0f} s, {records} records")
        print(f"resident memory   {number(publisher.pid, 'status', 'VmHWM') / 1024:.1f} MB at most")
        print(f"processor         {100 * cpu / passed:.2f} % of one core")
        print(f"written to disk   {written} bytes, {3600 * written / passed:.0f} an hour")
        print(f"largest record    {largest} bytes of MQTT (topic, payload, headers)")
        print(f"on the wire       {wire} bytes: {wire / records:.0f} for each record with its share of everything else")
        print(f"a month           {wire * MONTH / passed / 1e6:.0f} MB")
    finally:
        for process in (observer, publisher):
            process.terminate()
            process.wait(30)
        witness.close()
        broker.stop()


def main() -> None:
    """Make a namespace, measure in it, remove it."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 10
    namespace = f"ee-measure-{os.getpid()}"
    subprocess.run(["ip", "netns", "add", namespace], check=True)
    try:
        subprocess.run(["ip", "-n", namespace, "link", "set", "lo", "up"], check=True)
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), namespace, minutes * 60)
    finally:
        subprocess.run(["ip", "netns", "del", namespace], check=True)


if __name__ == "__main__":
    main()
