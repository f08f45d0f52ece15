"""Measure what observer and publisher cost, and how soon they are there: two states of the program, in turns.

Each state runs the true `emotion-edge observe` and `publish` on the built-in scene, with default settings and intervals
of five seconds, against a real Mosquitto. Several --checkout are run in turns, each as often as --rounds says: the
table has medians, and ratios to the first one. The camera's process counts as the observer's.

\b
start, s      wall clock until the first frame was analysed, or until the device is online
start, CPU s  processor time until then
CPU, %        of one core, afterwards; the scene repeats every 40 seconds
PSS, RSS      memory at the end, with a share of the pages that others use, too, or with all of each
own           memory that no file backs (RssAnon)
"""  # noqa: D301 - click reads the escape as: keep the lines

import contextlib
import json
import os
import random
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

import click
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.conftest import ROOT, Mosquitto, hang_up, until
from tests.support.daemon import command, processes, write_config
from tests.support.resources import Resources, cpu_seconds

SETTLES_SECONDS = 20.0
"""After the first frame: searches of the start are over."""
_FIRST = re.compile(r"first frame analysed ([\d.]+) s after")
QUANTITIES = ("start, s", "start, CPU s", "CPU, %", "PSS, MB", "RSS, MB", "own, MB")


def _environment(checkout: Path, folder: Path) -> dict[str, str]:
    """Return what makes Python take the program, its models and its dashboard from a checkout."""
    packages = folder / "packages"
    packages.mkdir()
    (packages / "edge_models").symlink_to(checkout / "models")
    (packages / "edge_dashboard").symlink_to(checkout / "deploy" / "dashboard" / "bundle")
    return os.environ | {"PYTHONPATH": f"{checkout}{os.pathsep}{packages}"}


def _family(pid: int) -> list[int]:
    """Return a process and its children."""
    return [pid, *(child for child, parent, _words in processes() if parent == pid)]


def _cpu(pid: int) -> float:
    return sum(cpu_seconds(one) for one in _family(pid))


@contextlib.contextmanager
def _process(verb: str, config: Path, environment: dict[str, str], log: Path) -> Iterator[int]:
    with log.open("ab") as lines:
        process = subprocess.Popen(
            command(verb, "--config", config), stdout=lines, stderr=lines, env=environment, cwd="/"
        )
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def _online(port: int) -> Iterator[list[float]]:
    """Yield a list that gets the time at which the device was first online."""
    times: list[float] = []
    client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
    subscribed: list[bool] = []
    client.on_subscribe = lambda *_: subscribed.append(True)
    client.on_message = lambda _client, _user, message: (
        times.append(time.monotonic()) if message.payload == b"online" else None
    )
    client.connect("127.0.0.1", port)
    client.subscribe("+/+/+/+/status", qos=1)
    client.loop_start()
    until(lambda: subscribed)
    try:
        yield times
    finally:
        hang_up(client)


def _use(pid: int, cpu: float, seconds: float) -> dict[str, float]:
    all_of_it = [Resources.of(one) for one in _family(pid)]
    return {
        "CPU, %": 100 * cpu / seconds,
        "PSS, MB": sum(one.proportional for one in all_of_it),
        "RSS, MB": sum(one.resident for one in all_of_it),
        "own, MB": sum(one.own for one in all_of_it),
    }


def measure(checkout: Path, seconds: float) -> dict[str, dict[str, float]]:
    """Return the quantities of one run, by process."""
    with tempfile.TemporaryDirectory(prefix="measure-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        environment = _environment(checkout, folder)
        broker = Mosquitto(folder)
        broker.start()
        stack.callback(broker.stop)
        config = write_config(folder, broker.port)
        online = stack.enter_context(_online(broker.port))
        begun = time.monotonic()
        publisher = stack.enter_context(_process("publish", config, environment, folder / "publish.log"))
        until(lambda: online)
        start = {"publisher": {"start, s": online[0] - begun, "start, CPU s": _cpu(publisher)}}
        observer = stack.enter_context(_process("observe", config, environment, folder / "observe.log"))
        first = until(lambda: _FIRST.search((folder / "observe.log").read_text()))
        start["observer"] = {"start, s": float(first[1]), "start, CPU s": _cpu(observer)}
        time.sleep(SETTLES_SECONDS)
        before, at = {pid: _cpu(pid) for pid in (observer, publisher)}, time.monotonic()
        time.sleep(seconds)
        passed = time.monotonic() - at
        used = {pid: _cpu(pid) - spent for pid, spent in before.items()}
        return {
            "observer": start["observer"] | _use(observer, used[observer], passed),
            "publisher": start["publisher"] | _use(publisher, used[publisher], passed),
        }


def _table(runs: dict[str, list[dict[str, dict[str, float]]]]) -> Table:
    table = Table("process", "quantity", *runs, *(f"{name} : {next(iter(runs))}" for name in list(runs)[1:]))
    for process in ("observer", "publisher"):
        for quantity in QUANTITIES:
            each = [median(run[process][quantity] for run in some) for some in runs.values()]
            ratios = [f"{one / each[0]:.2f}" if each[0] else "" for one in each[1:]]
            table.add_row(process, quantity, *(f"{one:.2f}" for one in each), *ratios)
    return table


@click.command(help=__doc__)
@click.option(
    "--checkout",
    "checkouts",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    default=(ROOT,),
    help="Measure the program in this folder, not this one; several may be given.",
)
@click.option("--rounds", default=3, show_default=True, help="How often each state is run.")
@click.option("--seconds", default=40.0, show_default=True, help="How long each run is measured after its start.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures of every run as JSON.")
def main(*, checkouts: Sequence[Path], rounds: int, seconds: float, as_json: bool) -> None:
    """Run them in turns, each round in another order."""
    if len({one.name for one in checkouts}) < len(checkouts):
        msg = "the folders of --checkout need different names; link one under another name: ln -s FOLDER NAME"
        raise click.UsageError(msg)
    runs: dict[str, list[dict[str, dict[str, float]]]] = {one.name: [] for one in checkouts}
    chance = random.Random(1)
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("runs", total=rounds * len(checkouts))
        for _ in range(rounds):
            for checkout in chance.sample(checkouts, len(checkouts)):
                runs[checkout.name].append(measure(checkout, seconds))
                progress.advance(task)
    if as_json:
        click.echo(json.dumps(runs))
    else:
        Console(width=120).print(_table(runs))


if __name__ == "__main__":
    main()
