"""A run of `scenario.py` with its instructions counted, and what was counted."""

import json
import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, Literal

import click
import numpy as np
from numpy.typing import NDArray

from edge.config import CameraSettings
from tests.conftest import ROOT

SCENARIO = Path(__file__).with_name("scenario.py")
_TIMEOUT = 3600.0
_NOTHING = "nothing"
STARTING_SECONDS = 10.0
"""In them the whole first frame is searched, and turned pictures, to see how the camera hangs."""


@dataclass(frozen=True)
class Plan:
    """What a run counts; see `scenario.py`."""

    scenes: dict[str, NDArray[np.uint8]]
    stages: Literal["all", "few", "none"] = "all"
    peer: Path | None = None
    variants: Sequence[dict[str, Any]] = field(default=())
    by_frame: bool = True

    def write(self, folder: Path) -> Path:
        """Write the plan and its frames to a folder; return its path."""
        for name, frames in self.scenes.items():
            np.save(folder / f"{name}.npy", frames)
        config = folder / "config.toml"
        config.write_text("")
        modules = folder / "modules"
        modules.mkdir(exist_ok=True)
        link = modules / "edge_models"
        if not link.is_symlink():
            link.symlink_to(ROOT / "models")
        path = folder / "plan.json"
        plan = {
            "config": str(config),
            "scenes": {name: str(folder / f"{name}.npy") for name in self.scenes},
            "stages": self.stages,
            "peer": str(self.peer or ""),
            "variants": list(self.variants),
            "by_frame": self.by_frame,
        }
        path.write_text(json.dumps(plan))
        return path


@dataclass(frozen=True)
class Counted:
    """Instructions of a run.

    Attributes:
        facts: Python, runtime and libraries of the run.
        counts: instructions by name; several of what was counted several times, such as each frame of a scene.

    """

    facts: dict[str, str]
    counts: dict[str, list[int]]

    def one(self, name: str) -> float:
        """Return how many millions something took; the median, if it was counted several times."""
        return median(self.counts[name]) / 1e6

    def frames(self, scene: str) -> list[float]:
        """Return how many millions each frame of a scene took, but those of the start."""
        return [count / 1e6 for count in self.counts[scene]][_starting_frames() :]

    def starting(self, scene: str) -> float:
        """Return how many millions the start of a scene took."""
        return sum(self.counts[scene][: _starting_frames()]) / 1e6


def _starting_frames() -> int:
    return round(STARTING_SECONDS * CameraSettings().frames_per_second)


def count(command: Sequence[str], environment: dict[str, str]) -> tuple[dict[str, Any], str]:
    """Run a scenario; return what it printed, and what was written to standard error."""
    fixed = {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "LC_ALL": "C.UTF-8"}
    path = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=_TIMEOUT, env=path | fixed | environment, check=False
    )
    if done.returncode:
        last = "\n".join(done.stderr.strip().splitlines()[-8:])
        raise click.ClickException(f"{command[0]} ended with {done.returncode}:\n{last}")
    printed: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return printed, done.stderr


def put_together(printed: dict[str, Any], spent: dict[int, int]) -> Counted:
    """Return what was counted.

    Args:
        printed: by the scenario.
        spent: instructions from each mark 2n to 2n + 1, by n.

    """
    counts: defaultdict[str, list[int]] = defaultdict(list)
    for number, name in enumerate(printed["names"]):
        counts[re.sub("#.*", "", name)].append(spent[number])
    nothing = round(median(counts.pop(_NOTHING)))
    kept = {name: [max(0, one - nothing) for one in some] for name, some in counts.items()}
    return Counted(printed["facts"], kept)
