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


def run(analyse: Callable[[object, float], int]) -> None:
    """Play the clip `sys.argv[1]` over and over at two frames a second; print cost and counts of `sys.argv[2]` frames.

    Decoding is not measured; everything after it is: user and system time of the process, all its threads.
    """
    capture = cv2.VideoCapture(sys.argv[1])
    rate = capture.get(cv2.CAP_PROP_FPS)
    clip = []
    while True:
        good, frame = capture.read()
        if not good:
            break
        clip.append(frame)
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


def _cpu() -> float:
    times = os.times()
    return times.user + times.system
