"""Our pipeline on frames from standard input: `streamed_ours.py CHECKOUT OPTIONS`.

CHECKOUT is the folder whose `edge` is measured, so that two states of the program see the same frames. OPTIONS is JSON:
`vision` (keys of `[vision]`), `every_frame` (search the whole picture at every frame) and `record_frames`.

The program's own stopwatch counts CPU time here: the pace of its searches depends on what one takes, and would depend
on what else this machine does.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CHECKOUT, OPTIONS = sys.argv[1], json.loads(sys.argv[2])
time.perf_counter = time.process_time
sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.streamed import serve  # noqa: E402 - not that of CHECKOUT

sys.path.insert(0, CHECKOUT)

import numpy as np  # noqa: E402

from edge.camera.sources.base import Luma  # noqa: E402
from edge.config import Vision  # noqa: E402
from edge.counting.interval import IntervalCounter, Person  # noqa: E402
from edge.vision.pipeline import Pipeline  # noqa: E402


class Records:
    """Closes a record every `record_frames` frames, as the observer does."""

    def __init__(self, pipeline: Pipeline, vision: Vision) -> None:
        self._pipeline = pipeline
        self._vision = vision
        self._frames = 0
        self._counter = self._fresh()

    def _fresh(self) -> IntervalCounter:
        return IntervalCounter(self._vision.unsure_below, self._pipeline.classifier.reference)

    def add(self, people: Sequence[Person]) -> dict[str, Any]:
        """Return what is to be said of a frame, with `mean` where it ends a record: None where all of it was dark."""
        self._frames += 1
        dark = self._pipeline.light == "too_dark"
        if not dark:
            self._counter.add(people)
        said: dict[str, Any] = {"people": sum(one.probabilities is not None for one in people), "dark": dark}
        if self._frames % OPTIONS["record_frames"] == 0:
            counted = self._counter.close(OPTIONS["record_frames"])
            said["mean"] = counted.faces.mean if counted.frames.analysed else None
            self._counter = self._fresh()
        return said


def main() -> None:
    """Serve; the model and the cascade have run once before, so that what only the first frame costs is left out."""
    vision = Vision.model_validate(OPTIONS["vision"])
    Pipeline(vision).analyse(np.random.default_rng(0).integers(0, 255, (720, 1280), np.uint8), 0.0)
    pipeline = Pipeline(vision)

    def whole(luma: Luma, now: float) -> list[Person]:
        pipeline._plan.reset()
        return pipeline.analyse(luma, now)

    serve(whole if OPTIONS["every_frame"] else pipeline.analyse, Records(pipeline, vision).add)


main()
