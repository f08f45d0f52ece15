"""The package `fer` with its defaults; given its cascade, which OpenCV 5 no longer ships."""

import cv2
from fer.fer import FER
from stopwatch import run

cv2.setNumThreads(1)
detector = FER()
run(lambda frame, _now: len(detector.detect_emotions(frame)))
