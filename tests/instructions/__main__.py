"""Count what everything costs on a Raspberry Pi, in instructions: `python -m tests.instructions`, then `make docs`.

Needs no Raspberry Pi: QEMU runs the arm64 libraries and counts instructions. The first run makes QEMU and the files of
two arm64 Debians in --cache: ten minutes on two idle cores, and 1.5 GB. A run takes some minutes. Needs the data
collection (see tests/README.md), and what make_qemu.sh and make_tree.sh beside this file name.

The result, docs/measured/cost.json, is the source of docs/reference/cost.md. Runs of other Pythons and cores stay in
it.
"""

import datetime as dt
import itertools
import json
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import Progress

from edge.config import CameraSettings
from tests.conftest import ROOT
from tests.instructions.counted import STARTING_SECONDS, Counted, Plan
from tests.instructions.guest import CORES, PYTHONS, Guest
from tests.support.moving_scenes import CLIPS

RESULT = ROOT / "docs" / "measured" / "cost.json"
SCENES = ("mosaic12", "empty")
VARIANTS: tuple[dict[str, Any], ...] = (
    {"model": "small"},
    {"scan_width": 640},
    {"scale_factor": 1.2},
    {"model": "small", "scale_factor": 1.2},
)
_FACES = 12


def figures(counted: Counted) -> dict[str, Any]:
    """Return what a run says, in millions of instructions."""
    rate = CameraSettings().frames_per_second
    stages: dict[str, float | None] = {
        name: round(counted.one(name), 2) for name in counted.counts if not counted.counts[name][1:]
    }
    stages["gate"] = round(counted.one("gate"), 2)
    stages["face fer"] = round(counted.one("fer face"), 2) if "fer face" in counted.counts else None
    for name in ("standard", "small"):
        stages[f"face {name}"] = round(counted.one(f"faces {name}") / _FACES, 2)
        del stages[f"faces {name}"]
    stages["crop"] = round(counted.one("crops") / _FACES, 3)
    del stages["crops"]
    played = [name for name, some in counted.counts.items() if name.split(" ")[0] in SCENES and some[2:]]
    scenes = {
        name: {
            "second": round(rate * float(np.mean(frames)), 1),
            "longest_frame": round(max(frames), 1),
            "starting": round(counted.starting(name), 1),
        }
        for name in played
        if (frames := counted.frames(name))
    }
    return {**counted.facts, "stages": stages, "scenes": scenes}


@dataclass(frozen=True)
class Work:
    """What is counted with each Python and core."""

    cache: Path
    scenes: dict[str, NDArray[np.uint8]]
    peer: Path | None
    progress: Progress

    def prepare(self, python: str) -> Guest:
        """Return a guest whose modules are compiled, as those of an installed program are."""
        guest = Guest(self.cache, python)
        self.progress.console.print(f"Python {python}: compiling")
        with tempfile.TemporaryDirectory() as folder:
            first = {name: frames[:1] for name, frames in self.scenes.items()}
            guest.run(next(iter(CORES)), Plan(first, stages="none"), Path(folder))
        return guest

    def count(self, guest: Guest, core: str) -> dict[str, Any]:
        """Return the figures of a core."""
        plan = Plan(self.scenes, stages="all", peer=self.peer, variants=VARIANTS)
        if core != next(iter(CORES)):  # OpenCV does the same on every core
            plan = replace(plan, stages="few", variants=())
        self.progress.console.print(f"Python {guest.python} on {core}")
        with tempfile.TemporaryDirectory() as folder:
            return {"core": core, **figures(guest.run(core, plan, Path(folder)))}


def _together(runs: list[dict[str, Any]], seconds: float, file: Path) -> dict[str, Any]:
    """Return the result: these runs, and of the file those with other Pythons and cores that played as long."""
    before = json.loads(file.read_text()) if file.exists() else {}
    found = {(run["python"], run["core"]): run for run in before.get("runs", ()) if before["seconds"] == seconds}
    found |= {(run["python"], run["core"]): run for run in runs}
    today = dt.datetime.now(dt.UTC).date().isoformat()
    return {"date": today, "seconds": seconds, "runs": [found[key] for key in sorted(found)]}


@click.command(help=__doc__)
@click.option(
    "--cache", type=click.Path(path_type=Path), default="/var/cache/emotion-edge-qemu", show_default=True,
    help="Folder of QEMU and the arm64 Debians.",
)  # fmt: skip
@click.option("--core", "cores", multiple=True, type=click.Choice(list(CORES)), default=list(CORES), show_default=True)
@click.option("--python", "pythons", multiple=True, type=click.Choice(PYTHONS), default=PYTHONS, show_default=True)
@click.option("--seconds", default=10.0, show_default=True, help="Count so much of each scene, after ten others.")
@click.option(
    "--peers",
    type=click.Path(path_type=Path, exists=True),
    help="The environment that tests.bench.against made: count fer's network, too.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), default=RESULT, show_default=True, help="Write the result there."
)
def main(  # noqa: PLR0913, PLR0917 - one for each option
    cache: Path, cores: tuple[str, ...], pythons: tuple[str, ...], seconds: float, peers: Path | None, out: Path
) -> None:
    """Count, and write the result."""
    peer = (
        next(peers.glob("lib/python3*/site-packages/fer/data/emotion_model_quantized.tflite"), None) if peers else None
    )
    if peers and not peer:
        raise click.UsageError(
            f"{peers} has no fer; python -m tests.bench.against CLIP PEOPLE --peers {peers} makes it"
        )
    scenes = {name: np.stack([one.luma for one in CLIPS[name].frames(STARTING_SECONDS + seconds)]) for name in SCENES}
    with Progress(console=Console(stderr=True)) as progress, ThreadPoolExecutor(os.cpu_count()) as pool:
        work = Work(cache, scenes, peer, progress)
        guests = list(pool.map(work.prepare, pythons))
        pairs = list(itertools.product(guests, cores))
        counted = pool.map(lambda pair: work.count(*pair), pairs)
        runs = list(progress.track(counted, total=len(pairs), description="Pythons and cores"))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(_together(runs, seconds, out), indent=1) + "\n")


if __name__ == "__main__":
    main()
