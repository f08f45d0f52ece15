"""Has the program become dearer? `python -m tests.instructions.gate [--record]`, and a test of `make test`.

Valgrind counts the instructions of the built-in scene, which are the same in each run, however busy the machine is.
`--record` writes what is counted to gate.json, after a change that is worth its price. Needs valgrind and gcc.
"""

import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import replace
from importlib import metadata
from itertools import islice
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from edge.camera.camera import source_settings
from edge.camera.sources import make_source
from edge.config import CameraSettings
from tests.instructions.counted import SCENARIO, Counted, Plan, count, put_together

HERE = Path(__file__).parent
RECORDED = HERE / "gate.json"
MOST = 1.1
_EVERY = 5
"""The built-in scene has ten frames a second, and a device analyses two."""
_SECONDS = 5
_START = "start"


def missing() -> str:
    """Return what this machine lacks; empty where it has all."""
    return next((name for name in ("valgrind", "gcc") if not shutil.which(name)), "")


def frames() -> NDArray[np.uint8]:
    """Return frames of the built-in scene, in which people sway."""
    source = make_source(replace(source_settings(CameraSettings(source="scene")), pace="fast"))
    source.open()
    found = []
    for number in range(10 * _SECONDS + 1):
        source.grab()
        if number % _EVERY == 0:
            found.append(np.array(source.retrieve()))
    return np.stack(found)


def measure() -> Counted:
    """Count: half a minute of an idle processor."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        library = folder / "mark.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", library, HERE / "valgrind_mark.c"], check=True)
        plan = Plan({"scene": frames()}, stages="few", by_frame=False).write(folder)
        out = folder / "callgrind"
        valgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}"]
        environment = {
            "COUNTED_BY": str(library),
            "PYTHONPATH": str(folder / "modules"),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        printed, _ = count([*valgrind, sys.executable, str(SCENARIO), str(plan)], environment)
        counted = put_together(printed, defaultdict(int, _dumps(folder)))
        del counted.counts[_START]  # Valgrind counts nothing before the first mark
        return counted


def _dumps(folder: Path) -> list[tuple[int, int]]:
    """Return which mark each file of callgrind ends, halved, and its instructions."""
    found = []
    for file in folder.glob("callgrind.*"):
        text = "".join(islice(file.open(), 40)) + file.read_text()[-200:]
        mark = re.search(r"^desc: Trigger: Client Request: (\d+)$", text, re.MULTILINE)
        total = re.search(r"^totals: (\d+)$", text, re.MULTILINE)
        if mark and total:
            found.append((int(mark[1]) // 2, int(total[1])))
    return found


def conditions() -> dict[str, str]:
    """Return on what the counts depend beside this program."""
    flags = Path("/proc/cpuinfo").read_text().split()
    libraries = ("numpy", "opencv-python-headless", "tflite-runtime", "ai-edge-litert")
    return {
        "machine": platform.machine(),
        "instructions": "AVX2" if "avx2" in flags else "other",
        "python": ".".join(map(str, sys.version_info[:2])),
        **{name: version for name in libraries if (version := _version(name))},
    }


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


@click.command(help=__doc__)
@click.option("--record", is_flag=True, help="Write gate.json.")
def main(*, record: bool) -> None:
    """Print what was counted beside what is recorded."""
    if lacking := missing():
        raise click.ClickException(f"{lacking} is missing; sudo apt install valgrind gcc libc6-dev")
    counted = measure()
    before: dict[str, Any] = json.loads(RECORDED.read_text()) if RECORDED.exists() else {"millions": {}}
    millions = {name: round(counted.one(name), 3) for name in counted.counts}
    for name, now in millions.items():
        then = before["millions"].get(name)
        click.echo(f"{name:<24} {now:>10.2f} million" + (f", {now / then:.3f} of {then}" if then else ""))
    if record:
        RECORDED.write_text(json.dumps({"conditions": conditions(), "millions": millions}, indent=1) + "\n")


if __name__ == "__main__":
    main()
