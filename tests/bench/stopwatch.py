"""What every pipeline is measured by; needs nothing but OpenCV, because it runs in the others' environments too.

A pipeline is a script that makes a function from a BGR frame and its time to a number of people, and hands it to `run`.
"""

import json
import os
import resource
import sys
from collections.abc import Callable

import cv2

FRAMES_PER_SECOND = 2.0
_WARM_UP = 2
_SIZE = (1280, 720)


def run(analyse: Callable[[object, float], int]) -> None:
    """Play the clip `sys.argv[1]` over and over at two frames a second; print cost and counts of `sys.argv[2]` frames.

    A picture is a clip in which nothing moves. Decoding is not measured; everything after it is: user and system time
    of the process, all its threads.
    """
    clip, rate = _read(sys.argv[1])
    counts = []
    begun = 0.0
    for number in range(int(sys.argv[2]) + _WARM_UP):
        if number == _WARM_UP:
            begun = _cpu()
        now = number / FRAMES_PER_SECOND
        counts.append(analyse(clip[round(now * rate) % len(clip)], now))
    spent = _cpu() - begun
    result = {
        "cpu_ms": 1000 * spent / int(sys.argv[2]),
        "counts": counts[_WARM_UP:],
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(result))


def _read(path: str) -> tuple[list[object], float]:
    # From 4.12 on OpenCV reads an animated GIF as a picture too: others would get another clip than we.
    if cv2.haveImageReader(path) and not path.endswith(".gif"):
        picture = cv2.imread(path)
        return [cv2.resize(picture, _SIZE, interpolation=cv2.INTER_AREA)], 1.0
    capture = cv2.VideoCapture(path)
    frames: list[object] = []
    while capture.grab():
        frames.append(capture.retrieve()[1])
    return frames, capture.get(cv2.CAP_PROP_FPS)


def _cpu() -> float:
    times = os.times()
    return times.user + times.system
