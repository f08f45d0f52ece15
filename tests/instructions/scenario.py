"""What is counted: `scenario.py PLAN.json`, inside the guest; prints JSON.

A plan names a configuration (`config`), a model of others (`peer`, or empty), files of frames (`scenes`: name to file
of (frames, height, width) uint8), keys of [vision] of more plays of the first scene (`variants`), which stages are
counted by themselves (`stages`: all, few, or none), and whether frames are (`by_frame`).

The clock that measures searches stands still: the pace is that of the settings, on whatever machine. Modules are
imported where they are needed, because the start is counted.
"""

import json
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from tests.instructions.marks import Marks  # noqa: E402 - of this checkout

PLAN: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
_RECORD_FRAMES = 20
_FACES = 12
_TIMES = 4


@dataclass
class StillCamera:
    """Hands out one frame after the other, as `CameraControl` does."""

    frames: Any
    now: float = 0.0
    facts = None

    def frame(self, _seconds: float) -> Any:
        """Return a copy, as the frame that comes from the camera's process is one."""
        return self.frames[round(2 * self.now)].copy()


class Play:
    """Plays a scene to the observer's own frame loop, at two frames a second, and closes its records."""

    def __init__(self, scene: str, vision: dict[str, Any] | None = None) -> None:
        from edge.config import Settings, Vision
        from edge.observer.frames import FrameAnalyser
        from edge.vision.pipeline import Pipeline

        self._settings = Settings(vision=Vision.model_validate(vision or {}))
        self._pipeline = Pipeline(self._settings.vision)
        self.camera = cast("Any", StillCamera(import_module("numpy").load(PLAN["scenes"][scene], mmap_mode="r")))
        self._analyser = FrameAnalyser(self._settings, self.camera, self._pipeline, lambda: self.camera.now)
        self._counter = self._fresh()

    def _fresh(self) -> Any:
        from edge.counting.interval import IntervalCounter

        return IntervalCounter(self._settings.vision.unsure_below, self._pipeline.classifier.reference)

    @property
    def length(self) -> int:
        """Number of frames."""
        return len(self.camera.frames)

    def step(self, number: int) -> None:
        """Analyse a frame; close a record where it is the last one of it."""
        self.camera.now = number / 2
        self._analyser.step(self._counter, self.camera.now + 1, lambda _seconds: None)
        if (number + 1) % _RECORD_FRAMES == 0:
            self._counter.close(_RECORD_FRAMES).model_dump_json()
            self._counter = self._fresh()


def start(marks: Marks) -> None:
    """Do what `emotion-edge observe` does until its first frame is analysed."""
    import_module("edge.cli")
    import_module("edge.commands.observe")
    from edge.config.file import load

    load(Path(PLAN["config"]))
    import_module("edge.observer.observer")
    play = Play(next(iter(PLAN["scenes"])))
    play.step(0)
    marks.since_start("start")


def stages(marks: Marks) -> None:
    """Count each stage by itself, on the first frame of the first scene."""
    import numpy as np

    from edge.config import Vision
    from edge.vision.classifier import EmotionClassifier
    from edge.vision.crops import face_crops
    from edge.vision.detectors import make_detector
    from edge.vision.light import cells, levels, light
    from edge.vision.motion import MotionGate

    luma = np.array(np.load(PLAN["scenes"][next(iter(PLAN["scenes"]))], mmap_mode="r")[0])
    detector = make_detector(Vision())
    found = detector.detect(luma)
    with marks.counting("search"):
        detector.detect(luma)
    gate = MotionGate()
    for number in range(_TIMES):
        with marks.counting(f"gate#{number}"):
            picture = cells(luma)
            darkest, brightest = levels(picture)
            light(darkest, brightest)
            gate.changed(picture, brightest - darkest)
    boxes = found.boxes[np.arange(_FACES) % len(found.boxes)]
    faces = face_crops(luma, boxes, 200.0)
    with marks.counting("crops"):
        face_crops(luma, boxes, 200.0)
    for name in ("standard", "small"):
        model = EmotionClassifier(Vision(model=name))
        model.classify(faces)
        with marks.counting(f"faces {name}"):
            model.classify(faces)


def more_stages(marks: Marks) -> None:
    """Count other searches and other programs, on the first frame of the first scene."""
    import cv2
    import numpy as np

    from edge.config import Vision
    from edge.vision.detectors import make_detector
    from edge.vision.detectors.haar import load_cascade

    luma = np.array(np.load(PLAN["scenes"][next(iter(PLAN["scenes"]))], mmap_mode="r")[0])
    sides = make_detector(Vision(side_faces_every=3))
    with marks.counting("side search"):
        sides.detect_sides(luma)
    for key, value in (("scan_width", 640), ("scale_factor", 1.2), ("min_face", 32)):
        other = make_detector(Vision.model_validate({key: value}))
        with marks.counting(f"search {key}={value}"):
            other.detect(luma)
    square = cv2.resize(luma, (640, 640), interpolation=cv2.INTER_AREA)
    alt2, default = load_cascade(), load_cascade(name="haarcascade_frontalface_default.xml")
    with marks.counting("anchor"):  # its time on a Pi 4 was published
        alt2.detectMultiScale(square, 1.1)
    with marks.counting("fer search"):
        default.detectMultiScale(luma, scaleFactor=1.1, minNeighbors=5, minSize=(50, 50))


def peer(marks: Marks) -> None:
    """Count the network of the package `fer`."""
    import numpy as np

    from edge.vision.runtime import load_interpreter

    interpreter = load_interpreter(Path(PLAN["peer"]), 1).interpreter
    face = interpreter.get_input_details()[0]
    pixels = (np.arange(np.prod(face["shape"])) % 256).reshape(face["shape"]).astype(face["dtype"])
    for number in range(_TIMES):
        with marks.counting(f"fer face#{number}"):
            interpreter.set_tensor(face["index"], pixels)
            interpreter.invoke()


def play(marks: Marks, scene: str, vision: dict[str, Any] | None = None) -> None:
    """Count each frame of a scene."""
    played = Play(scene, vision)
    name = scene + "".join(f" {key}={value}" for key, value in (vision or {}).items())
    if not PLAN["by_frame"]:
        with marks.counting(name):
            for number in range(played.length):
                played.step(number)
        return
    for number in range(played.length):
        with marks.counting(f"{name}#{number}"):
            played.step(number)


def main() -> None:
    """Run the plan."""
    time.perf_counter = lambda: 0.0
    marks = Marks()
    start(marks)
    for number in range(_TIMES):
        with marks.counting(f"nothing#{number}"):
            pass
    if PLAN["stages"] != "none":
        stages(marks)
    if PLAN["stages"] == "all":
        more_stages(marks)
    if PLAN["peer"] and PLAN["stages"] != "none":
        peer(marks)
    for scene in PLAN["scenes"]:
        play(marks, scene)
    for vision in PLAN["variants"]:
        play(marks, next(iter(PLAN["scenes"])), vision)
    import cv2
    import numpy as np

    from edge.config import Vision
    from edge.vision.classifier import EmotionClassifier

    facts = {
        "python": ".".join(map(str, sys.version_info[:2])),
        "runtime": EmotionClassifier(Vision()).runtime,
        "opencv": cv2.__version__,
        "numpy": np.__version__,
    }
    print(json.dumps({"names": marks.names, "facts": facts}))


main()
