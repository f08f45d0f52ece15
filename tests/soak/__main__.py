"""Run one device for hours, through faults, and say whether anything of it grows or is lost.

The true `emotion-edge run` with the built-in scene, at ten times the default pace, against a real Mosquitto that
comes and goes; processes killed and frozen, reloads, pauses, clock steps, a warm room. Memory, descriptors and threads
of each process are sampled all the while, and the temperature of a simulated processor that the device's own throttle
cools.

\b
Good is: every record that the observer handed in arrived, in order; no step hung; and in the second half no
process was another one, and nothing grew by more than 3 MB, 2 descriptors, 1 thread or 10 degrees (slope of
Theil and Sen in the third or fourth quarter, whichever is smaller, times the length of both). Faults end
processes in the first quarter only.
Ctrl-C ends it early, with a report of what was seen.
"""  # noqa: D301 - click reads the escape as: keep the lines

import contextlib
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from tests.soak.report import draw
from tests.soak.soak import Soak

_LINES = 10
"""Lines of progress where the output is no terminal."""


@contextlib.contextmanager
def _progress(console: Console, seconds: float) -> Iterator[Callable[[float, str], None]]:
    """Yield a function that shows how much of the time is over: a bar in a terminal, else a line now and then."""
    if console.is_terminal:
        columns = (
            BarColumn(),
            TextColumn("{task.percentage:.0f} %"),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
        )
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("starts", total=seconds)
            yield lambda share, what: bar.update(task, completed=share * seconds, description=what)
        return
    shown = -1

    def line(share: float, what: str) -> None:
        nonlocal shown
        if int(share * _LINES) > shown:
            shown = int(share * _LINES)
            left = (1 - share) * seconds / 60
            console.print(f"{time.strftime('%H:%M:%S')} {share:.0%}, {left:.0f} minutes left {what}", highlight=False)

    yield line


@click.command(help=__doc__)
@click.option("--hours", default=12.0, show_default=True, help="How long it runs; 0.17 are ten minutes.")
@click.option("--seed", default=1, show_default=True, help="Of the chance that draws the faults.")
@click.option("--frames-per-second", default=10.0, show_default=True, help="Frames to analyse; a device takes 2.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("runs/soak"),
    show_default=True,
    help="Folder for report.json, samples.jsonl, courses.svg and device.log.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def main(*, hours: float, seed: int, frames_per_second: float, out: Path, as_json: bool) -> None:
    """Run it, report, and exit with 1 where it is not good."""
    out.mkdir(parents=True, exist_ok=True)
    console = Console(stderr=True)
    camera = {"pace": "native", "frames_per_second": frames_per_second, "stall_seconds": 3}
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        soak = Soak(Path(folder), 3600 * hours, seed, camera)
        with _progress(console, 3600 * hours) as shown:
            report = soak.run(shown)
        (out / "device.log").write_bytes(soak.road.log.read_bytes())
    soak.sampler.write(out / "samples.jsonl")
    draw(soak.sampler, out / "courses.svg")
    (out / "report.json").write_text(json.dumps(report.figures(), indent=2) + "\n")
    if as_json:
        click.echo(json.dumps(report.figures()))
    else:
        report.print(Console(width=120))
        click.echo(f"{out}/report.json, samples.jsonl, courses.svg, device.log")
    raise SystemExit(0 if report.is_good else 1)


if __name__ == "__main__":
    main()
