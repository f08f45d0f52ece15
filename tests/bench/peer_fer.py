"""The package `fer` with its defaults; given its cascade, which OpenCV 5 no longer ships.

`peer_fer.py CLIP FRAMES` plays a clip, `peer_fer.py -` takes grey frames from standard input.
"""

import sys

import cv2
import numpy as np
from fer.fer import FER
from stopwatch import run
from streamed import serve

cv2.setNumThreads(1)
detector = FER()
if sys.argv[1] == "-":
    detector.detect_emotions(np.zeros((720, 1280, 3), np.uint8))  # what only the first frame costs
    serve(
        lambda frame, _now: len(detector.detect_emotions(np.repeat(frame[..., None], 3, axis=2))),
        lambda people: {"people": people},
    )
else:
    run(lambda frame, _now: len(detector.detect_emotions(frame)))
