"""Measure the plan of an upgrade and the report of a fleet: `python -m tests.measure_plan [--devices N ...]`.

A real Mosquitto, `emotion-edge simulate` with as many devices, and `emotion-edge upgrade-plan` once all are connected.
With --report, `emotion-edge report`; with --ansible, `ansible/upgrade_plan.yml` with an inventory of as many hosts.
One line of JSON each.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from tests.conftest import ROOT, Mosquitto
from tests.support.plans import inventory, release
from tests.system.playbook import tool

_BROKER = "allow_anonymous true\nmax_queued_messages 10000\nmax_inflight_messages 0\nset_tcp_nodelay true"


def _measured(words: list[str], seconds: float) -> tuple["subprocess.CompletedProcess[str]", float, float]:
    """Run a command; return it, the seconds that it took, and those of a processor."""
    before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(words, capture_output=True, text=True, timeout=seconds, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = sum(getattr(after, name) - getattr(before, name) for name in ("ru_utime", "ru_stime"))
    return done, round(time.monotonic() - begin, 1), round(spent, 1)


def _connected(simulator: "subprocess.Popen[str]", devices: int) -> None:
    assert simulator.stdout is not None
    for line in simulator.stdout:
        if json.loads(line)["connected"] >= devices:
            return
    raise SystemExit("the simulator ended")


@click.command(help=__doc__)
@click.option("--devices", multiple=True, type=int, default=(200,), show_default=True)
@click.option("--report", "what", flag_value="report", help="Measure `emotion-edge report`.")
@click.option("--ansible", "what", flag_value="ansible", help="Play ansible/upgrade_plan.yml.")
@click.option(
    "--plan", "what", flag_value="plan", default="plan", help="Measure `emotion-edge upgrade-plan` (the default)."
)
def main(devices: tuple[int, ...], what: str) -> None:
    """Measure each number of devices."""
    for number in devices:
        with tempfile.TemporaryDirectory() as name:
            click.echo(json.dumps(_measure(Path(name), number, what)))


def _measure(folder: Path, devices: int, what: str) -> dict[str, object]:
    broker = Mosquitto(folder, _BROKER)
    broker.start()
    config = folder / "config.toml"
    url = f"mqtt://127.0.0.1:{broker.port}"
    config.write_text(f'interval_seconds = 10\n[device]\nsite = "north"\n[mqtt]\nurl = "{url}"\n')
    edge = [sys.executable, "-m", "edge"]
    simulate = [*edge, "simulate", "--config", str(config), "--devices", str(devices), "--json"]
    listed = inventory(folder, devices, release(folder))
    program = Path(os.environ.get("EMOTION_EDGE_PROGRAM", Path(sys.executable).with_name("emotion-edge")))
    words = [*edge, "upgrade-plan", "--url", url, "--release", str(release(folder)), "--json"]
    if what == "report":
        words = [*edge, "report", "--url", url, "--json"]
    if what == "ansible":
        variables = ("-e", f"report_broker_url={url}", "-e", f"report_program={program}")
        words = [tool("ansible-playbook"), "-i", str(listed), *variables, str(ROOT / "ansible/upgrade_plan.yml")]
    with subprocess.Popen(simulate, stdout=subprocess.PIPE, text=True) as simulator:
        try:
            _connected(simulator, devices)
            done, seconds, spent = _measured(words, 900)
        finally:
            simulator.terminate()
    broker.stop()
    found: dict[str, object] = {"what": what, "devices": devices, "rc": done.returncode}
    if what == "report":
        rows = json.loads(done.stdout)["rows"]
        found |= {"reported": len(rows), "with_health": sum(row["camera"] is not None for row in rows)}
    elif what == "plan":
        found["ready"] = json.loads(done.stdout)["ready"]
    else:
        found["ready"] = done.stdout.count("can be upgraded")
    return found | {"seconds": seconds, "cpu_seconds": spent}


if __name__ == "__main__":
    main()
