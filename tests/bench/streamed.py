"""Frames from standard input: how a pipeline is measured on scenes that no file holds.

A pipeline is a script that hands to `serve` a function from a frame and its time. For every frame it reads a header
(time, height, width) and the grey levels, and writes a line of JSON. What another process does to make the scene is in
none of its figures. Needs nothing but numpy, because it runs in the others' environments too.
"""

import json
import struct
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

HEADER = struct.Struct("<dII")
"""Seconds of a clock that never steps, height, width; height x width bytes follow."""


def serve(analyse: Callable[[Any, float], Any], describe: Callable[[Any], dict[str, Any]]) -> None:
    """Answer every frame with what `describe` says of the result of `analyse`, and with what that has cost.

    `cpu_ms` is user and system time of the process, all its threads, for `analyse` alone; `peak_megabytes` is the
    largest resident memory so far.
    """
    while header := sys.stdin.buffer.read(HEADER.size):
        now, height, width = HEADER.unpack(header)
        frame = np.frombuffer(sys.stdin.buffer.read(height * width), np.uint8).reshape(height, width)
        begun = time.process_time()
        result = analyse(frame, now)
        spent = time.process_time() - begun
        answer = {"cpu_ms": 1000 * spent, "peak_megabytes": _peak_kilobytes() / 1024, **describe(result)}
        print(json.dumps(answer), flush=True)


def _peak_kilobytes() -> int:
    """Return the peak of this program: `getrusage` would give that of the process that started it, if higher."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
