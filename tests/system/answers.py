"""What this Python, this processor and these libraries make of pictures: `python -I answers.py RUNTIME PICTURE...`.

It runs by the interpreter of an installation and imports nothing but that. A line of JSON says which runtime and
versions answer, and whether numbers below 2.2e-308 are kept; then one line for each picture: its boxes, and for each
model the probability of a face and of each emotion, in the steps of 1/256 that the network has.
"""

import json
import platform
import sys
from pathlib import Path

import cv2
import numpy as np

from edge.camera.sources.picture import read_luma
from edge.config import SHIPPED_MODELS, Vision
from edge.vision.classifier import EmotionClassifier
from edge.vision.crops import face_crops
from edge.vision.detectors import make_detector

MODULES = {"ai-edge-litert": "ai_edge_litert.interpreter", "tflite-runtime": "tflite_runtime.interpreter"}


def main(runtime: str, pictures: list[Path]) -> None:
    for name, module in MODULES.items():
        if name != runtime:
            sys.modules[module] = None  # type: ignore[assignment] # an import of it fails
    classifiers = {model: EmotionClassifier(Vision(model=model)) for model in SHIPPED_MODELS}
    detector = make_detector(Vision())
    about = {"python": platform.python_version(), "machine": platform.machine(), "numpy": np.__version__}
    about |= {"opencv": cv2.__version__, "runtime": {one.runtime for one in classifiers.values()}.pop()}
    print(json.dumps(about | {"subnormal": float(np.nextafter(0.0, 1.0)) * 1.0 > 0}))
    for picture in pictures:
        luma = read_luma(picture)
        boxes = detector.detect(luma).boxes
        answers = {model: one.classify(face_crops(luma, boxes)) for model, one in classifiers.items()}
        found = {model: [one.face.tolist(), one.probabilities.tolist()] for model, one in answers.items()}
        print(json.dumps({"boxes": boxes.tolist(), "answers": found}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], [Path(name) for name in sys.argv[2:]])
