"""Measure whether memory grows with time: `python -m tests.measure_memory [--frames N] [--width PIXELS] [--rate HZ]`.

Twelve moving people, intervals closed as the observer closes them; resident memory after 1,000 frames and at the end.
A smaller picture is quicker and takes the same ways through the code.
"""

import click
from rich.progress import track

from edge.config import Settings, Vision
from edge.counting.interval import IntervalCounter
from edge.system.sensors import resident_kilobytes
from edge.vision.detectors.base import shrink
from edge.vision.pipeline import Pipeline
from tests.support.clips import read_clip
from tests.support.leaving import CLIP

_SETTLED = 1_000


@click.command(help=__doc__)
@click.option("--frames", default=100_000, show_default=True)
@click.option("--width", default=640, show_default=True)
@click.option("--rate", default=10.0, show_default=True, help="Frames a second; the more, the rarer are searches.")
def main(frames: int, width: int, rate: float) -> None:
    """Print both figures and their difference."""
    settings, vision = Settings(), Vision()
    pictures = [shrink(picture, width)[0] for picture in read_clip(CLIP)[0]]
    pipeline = Pipeline(vision)
    counter = IntervalCounter(vision.unsure_below, pipeline.classifier.reference)
    expected = round(settings.interval_seconds * rate)
    settled = people = 0
    for number in track(range(1, frames + 1), "frames"):
        seen = pipeline.analyse(pictures[number % len(pictures)], number / rate)
        counter.add(seen)
        people += len(seen)
        if number % expected == 0:
            counter.close(expected).model_dump_json()
            counter = IntervalCounter(vision.unsure_below, pipeline.classifier.reference)
        if number == _SETTLED:
            settled = resident_kilobytes()
    now = resident_kilobytes()
    print(f"{people / frames:.1f} people a frame; resident {settled / 1024:.1f} MB after {_SETTLED} frames,", end=" ")
    print(f"{now / 1024:.1f} MB after {frames}: {(now - settled) / 1024:+.1f} MB")


if __name__ == "__main__":
    main()
