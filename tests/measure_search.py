"""Measure what searching costs on moving scenes, and what it misses: `python -m tests.measure_search --help`.

The scenes (see `tests.support.moving_scenes`) are played at the default pace of a device to `Pipeline.analyse`, in a
process of its own. With several --checkout, and with --every-frame, each way sees the same frames.

\b
CPU      milliseconds of CPU time for each analysed frame but the first two, as in tests.bench.against
fer      the same, relative to the package `fer` on frames of the same scene, in turns (needs --peers)
plain    the same, relative to OpenCV's default cascade at 640 pixels, step 1.1
longest  the longest frame relative to the mean frame
error    mean absolute error of `faces.mean`, records of five seconds; frames too dark to be counted are left out
start    seconds until those who are there from the start are counted: median, worst, how many never are
enter    seconds from entering to counted: the same, but for those who are missed in most frames
leave    seconds from leaving to no longer counted: the same
right    seconds from the light's or camera's change until the count is right within one for two seconds
MB       peak of resident memory, and by how much it grew after the first ten seconds
"""  # noqa: D301 - click reads the escape as: keep the lines

import contextlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from statistics import mean, median
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from tests.conftest import ROOT
from tests.support.followed import PACE, Followed
from tests.support.moving_scenes import CLIPS, Clip
from tests.support.plain_cascade import PlainCascade
from tests.support.streamed import Streamed

_RECORD_SECONDS = 5
_PEER_EVERY = 20
"""Frames of which one is given to `fer` and to the plain cascade: they do the same for each."""


@dataclass(frozen=True)
class Way:
    """One state of the program, and whether it searches every frame."""

    checkout: Path
    every_frame: bool
    vision: dict[str, str]

    @property
    def name(self) -> str:
        """What to call it in the table."""
        return f"{self.checkout.name}, every frame" if self.every_frame else self.checkout.name

    def start(self) -> Streamed:
        """Start it."""
        frames = round(_RECORD_SECONDS * PACE)
        options = {"vision": self.vision, "every_frame": self.every_frame, "record_frames": frames}
        return Streamed(Path(sys.executable), "streamed_ours.py", str(self.checkout), json.dumps(options))


def _spread(times: Sequence[float]) -> str:
    """Return median, worst and number of infinite times in words."""
    if not times:
        return ""
    finite = [one for one in times if one < inf]
    text = f"{median(times):.1f}, {max(finite):.1f}" if finite else "none"
    return text + (f", {len(times) - len(finite)} never" if len(finite) < len(times) else "")


@dataclass
class Played:
    """A clip that was played to every way; milliseconds of the others for each frame, 0 where they were not asked."""

    clip: Clip
    results: list[Followed]
    fer: float = 0.0
    plain: float = 0.0

    def row(self, result: Followed) -> list[str]:
        """Return the cells of one way."""
        return [
            f"{result.cost:.2f}",
            f"{result.cost / self.fer:.4f}" if self.fer else "",
            f"{result.cost / self.plain:.4f}",
            f"{result.longest:.1f}",
            f"{result.error:.2f}",
            _spread(result.from_start()),
            _spread(result.changes(up=True)),
            _spread(result.changes(up=False)),
            _spread([result.right_again(one) for one in self.clip.disturbed]),
            f"{result.megabytes[-1]:.0f} {result.growth:+.1f}",
        ]

    def figures(self, result: Followed) -> dict[str, Any]:
        """Return what JSON gets of one way: infinite times are null."""
        times = {
            "start": result.from_start(),
            "enter": result.changes(up=True),
            "leave": result.changes(up=False),
            "right": [result.right_again(one) for one in self.clip.disturbed],
        }
        return {
            "cpu_ms": result.cost,
            "fer_ms": self.fer or None,
            "plain_ms": self.plain,
            "longest_to_mean": result.longest,
            "error": result.error,
            **{name: [one if one < inf else None for one in some] for name, some in times.items()},
            "peak_megabytes": result.megabytes[-1],
            "growth_megabytes": result.growth,
            "frames": {"people": result.people, "truth": result.truth, "cpu_ms": result.cpu},
        }


def _play(clip: Clip, seconds: float, ways: Sequence[Way], fer: Streamed | None, progress: Progress) -> Played:
    plain, peer = PlainCascade(), []
    played = Played(clip, [Followed() for _ in ways])
    task = progress.add_task("frames", total=round(min(seconds, clip.seconds) * PACE))
    with contextlib.ExitStack() as stack:
        started = [stack.enter_context(way.start()) for way in ways]
        for number, frame in enumerate(clip.frames(seconds)):
            for way, result in zip(started, played.results, strict=True):
                result.add(frame, way.ask(frame))
            if number % _PEER_EVERY == 0:
                plain.time(frame.luma)
                peer += [fer.ask(frame)["cpu_ms"]] if fer else []
            progress.update(task, advance=1, refresh=number % _PEER_EVERY == 0)
    progress.remove_task(task)
    played.plain = 1000 * plain.seconds / -(-len(played.results[0].truth) // _PEER_EVERY)
    played.fer = mean(peer) if peer else 0.0
    return played


def _draw(name: str, played: Played, ways: Sequence[Way], folder: Path) -> None:
    from matplotlib import pyplot as plt  # noqa: PLC0415 - not needed for the table

    figure, (count, cost) = plt.subplots(2, figsize=(9, 6), dpi=110, layout="constrained", sharex=True)
    seconds = [number / PACE for number in range(len(played.results[0].truth))]
    count.step(seconds, played.results[0].truth, "k--", where="post", label="in view")
    for way, result in zip(ways, played.results, strict=True):
        count.step(seconds, result.people, where="post", label=way.name, alpha=0.8)
        cost.step(seconds, result.cpu, where="post", label=way.name, alpha=0.8)
    for axes in (count, cost):
        for one in played.clip.disturbed:
            axes.axvline(one, color="red", alpha=0.4)
        axes.grid(alpha=0.3)
    count.set(title=name, ylabel="people")
    cost.set(xlabel="seconds", ylabel="CPU ms per frame", yscale="log")
    count.legend()
    figure.savefig(folder / f"{name}.png")
    plt.close(figure)


@click.command(help=__doc__)
@click.option("--only", multiple=True, type=click.Choice(list(CLIPS)), help="This scene; several may be given.")
@click.option("--seconds", default=inf, help="Play no more than this of each.")
@click.option(
    "--checkout",
    "checkouts",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    default=(ROOT,),
    help="Measure the program in this folder, not this one; several may be given.",
)
@click.option("--every-frame", is_flag=True, help="Also search every frame as a whole, with the last of the checkouts.")
@click.option(
    "--peers", type=click.Path(path_type=Path, exists=True), help="The environment that tests.bench.against made."
)
@click.option("--draw", type=click.Path(path_type=Path, file_okay=False), help="Folder for a PNG of each scene.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the figures of every frame.")
@click.argument("changes", nargs=-1, metavar="[KEY=VALUE]...")
def main(  # noqa: PLR0913 - one for each option
    *,
    only: tuple[str, ...],
    seconds: float,
    checkouts: tuple[Path, ...],
    every_frame: bool,
    peers: Path | None,
    draw: Path | None,
    as_json: bool,
    changes: tuple[str, ...],
) -> None:
    """Print one row for each scene and way; KEY=VALUE are keys of [vision]."""
    if len({one.name for one in checkouts}) < len(checkouts):
        msg = "the folders of --checkout need different names; link one under another name: ln -s FOLDER NAME"
        raise click.UsageError(msg)
    if peers and not (peers / "bin" / "python").exists():
        msg = f"{peers} is no virtual environment; python -m tests.bench.against CLIP PEOPLE --peers {peers} makes it"
        raise click.UsageError(msg)
    vision = dict(change.split("=", 1) for change in changes)
    ways = [Way(one, every_frame=False, vision=vision) for one in checkouts]
    ways += [Way(checkouts[-1], every_frame=True, vision=vision)] if every_frame else []
    table = Table("scene", "way", "CPU", "fer", "plain", "longest", "error", "start", "enter", "leave", "right", "MB")
    figures: dict[str, dict[str, Any]] = {}
    with contextlib.ExitStack() as stack:
        fer = stack.enter_context(Streamed(peers / "bin" / "python", "peer_fer.py", "-")) if peers else None
        progress = stack.enter_context(Progress(console=Console(stderr=True), auto_refresh=False))
        for name in progress.track(only or list(CLIPS), description="scenes"):
            played = _play(CLIPS[name], seconds, ways, fer, progress)
            for way, result in zip(ways, played.results, strict=True):
                table.add_row(name, way.name, *played.row(result))
                figures.setdefault(name, {})[way.name] = played.figures(result)
            if draw:
                draw.mkdir(parents=True, exist_ok=True)
                _draw(name, played, ways, draw)
    if as_json:
        click.echo(json.dumps(figures))
    else:
        Console(width=160).print(table)


if __name__ == "__main__":
    main()
