"""Our pipeline beside `fer` and beside the usual student's pipeline: `python -m tests.bench.against CLIP PEOPLE`.

All analyse the same frames of the same clip (a picture is a still room), two a second, in turns; the others live in a
virtual environment of their own, which the first run makes (1.8 GB, for TensorFlow).
"""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from statistics import mean, median
from typing import Any

import click
from rich.console import Console
from rich.table import Table

_HERE = Path(__file__).parent
_ROUNDS = 3
_NEEDS = ("tensorflow-cpu", "opencv-python-headless>=4.12,<5", "requests", "pandas", "tqdm", "Pillow", "setuptools<81")
_FER = "fer==25.10.3"  # without what it asks for beyond these: moviepy, and PyTorch with CUDA
_TIMEOUT = 1800.0


def _peers(folder: Path) -> Path:
    python = folder / "bin" / "python"
    if not (folder / ".done").exists():
        click.echo(f"installing the others into {folder}", err=True)
        venv.create(folder, with_pip=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, *_NEEDS], check=True)
        subprocess.run([*install, "--no-deps", _FER], check=True)
        (folder / ".done").touch()
    return python


def _measure(python: Path, script: str, clip: Path, frames: int) -> dict[str, Any]:
    words = [str(python), str(_HERE / script), str(clip), str(frames)]
    one_thread = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
    environment = {**os.environ, **one_thread, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(words, capture_output=True, text=True, timeout=_TIMEOUT, env=environment, check=False)
    if done.returncode:
        raise click.ClickException(f"{script} failed: {done.stderr.strip().splitlines()[-1]}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


@click.command(help=__doc__)
@click.argument("clip", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("people", type=float)
@click.option("--frames", default=40, show_default=True)
@click.option("--peers", type=click.Path(path_type=Path), default=Path(".venv-peers"), show_default=True)
@click.option("--json", "as_json", is_flag=True)
def main(clip: Path, people: float, frames: int, peers: Path, *, as_json: bool) -> None:
    """Print CPU per frame, error of the count and memory of all three."""
    python = _peers(peers)
    scripts = {
        "emotion-edge": (Path(sys.executable), "ours.py"),
        "fer": (python, "peer_fer.py"),
        "student": (python, "peer_student.py"),
    }
    rounds = [{name: _measure(*script, clip, frames) for name, script in scripts.items()} for _ in range(_ROUNDS)]
    figures = {
        name: {
            "cpu_ms": median(one[name]["cpu_ms"] for one in rounds),
            "cpu_relative_to_fer": median(one[name]["cpu_ms"] / one["fer"]["cpu_ms"] for one in rounds),
            "mean_absolute_error": mean(abs(count - people) for count in rounds[0][name]["counts"]),
            "peak_megabytes": rounds[0][name]["peak_megabytes"],
        }
        for name in scripts
    }
    if as_json:
        click.echo(json.dumps(figures))
        return
    table = Table("pipeline", "CPU ms per frame", "relative to fer", "error of the count", "peak MB")
    for name, figure in figures.items():
        cpu, relative, error, memory = figure.values()
        table.add_row(name, f"{cpu:.1f}", f"{relative:.3f}", f"{error:.2f} of {people:g}", f"{memory:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
