"""`python -m tests.fuzz --cpu-minutes 30`: every target in turn, for so much processor time; prints a table."""

import argparse
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

from tests.conftest import ROOT
from tests.fuzz.targets import TARGETS, clear
from tests.fuzz.worker import HAS_ATHERIS

_SLICE = 20.0
"""Seconds of one process."""
_PATIENCE = 60.0
"""Seconds of processor time that a process may take beyond its slice: more is an endless loop."""
_LONGEST = 900.0
"""Seconds after which a process that takes no processor time hangs, on a machine however busy."""


def main() -> None:
    """Fuzz; end with 1 where anything happened that may not."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--cpu-minutes", type=float, default=30.0)
    parser.add_argument("--out", type=Path, default=ROOT / "runs" / "fuzz", help="folder for inputs that failed")
    parser.add_argument("targets", nargs="*", choices=[*TARGETS, []])
    wanted = parser.parse_args()
    clear()
    wanted.out.mkdir(parents=True, exist_ok=True)
    print("coverage-guided by atheris, every other slice" if HAS_ATHERIS else "by chance (atheris is not installed)")
    used: dict[str, float] = defaultdict(float)
    runs, failed = Counter[str](), Counter[str]()
    number = 0
    while sum(used.values()) < 60 * wanted.cpu_minutes:
        for name in wanted.targets or TARGETS:
            number += 1
            seconds, count, problem = _slice(name, number, wanted.out)
            used[name] += seconds
            runs[name] += count
            if problem:
                failed[name] += 1
                print(f"{name}: {problem}", flush=True)
        print(f"{sum(used.values()) / 60:.1f} of {wanted.cpu_minutes:.0f} CPU minutes", file=sys.stderr, flush=True)
    for name, seconds in used.items():
        print(f"{name:14}{seconds / 60:7.1f} CPU minutes{runs[name]:12} runs{failed[name]:6} failures")
    print(f"{'all':14}{sum(used.values()) / 60:7.1f} CPU minutes{runs.total():12} runs{failed.total():6} failures")
    sys.exit(bool(failed))


def _limit() -> None:
    """Bound the processor time of this process."""
    resource.setrlimit(resource.RLIMIT_CPU, (int(_SLICE + _PATIENCE), resource.RLIM_INFINITY))


def _slice(name: str, number: int, out: Path) -> tuple[float, int, str]:
    """Run a target in a process for a while; return CPU seconds, runs, and what happened that may not."""
    before = os.times()
    command = [sys.executable, "-m", "tests.fuzz.worker", name, str(_SLICE), str(out), str(number)]
    problem = ""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_LONGEST, check=False, cwd=ROOT, preexec_fn=_limit
        )
        if done.returncode:
            problem = f"ended with {done.returncode}\n{done.stderr[-2000:]}"
            if done.returncode == -signal.SIGXCPU:
                problem = f"took more than {_SLICE + _PATIENCE:.0f} s of processor time"
    except subprocess.TimeoutExpired:
        problem = f"did not end within {_LONGEST:.0f} s"
    after = os.times()
    last, counted = out / str(number), out / f"runs-{number}"
    if problem and last.exists():
        kept = out / f"{name}-{time.time_ns()}"
        shutil.copy(last, kept)
        problem += f"\ninput: {kept}"
    runs = int(counted.read_text()) if counted.exists() else 0
    for file in (last, counted):
        file.unlink(missing_ok=True)
    seconds = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, runs, problem


if __name__ == "__main__":
    main()
