"""Measure the count on clips whose truth is known: `python -m tests.measure_count --help`.

Frames are taken at the default pace of a device. The error is that of `faces.mean`, interval by interval. In the clip
"leaving" people of `mosaic12.mp4` leave for 6, 10 and 30 seconds, and all leave at the end. With `--still` nobody moves
but those who come and go.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import click
import numpy as np

from edge.camera.sources.base import Luma
from edge.config import CameraSettings, Vision
from edge.counting.interval import IntervalCounter
from edge.vision.pipeline import Pipeline
from tests.support.clips import read_clip
from tests.support.leaving import CLIP, PEOPLE, absent, without
from tests.support.light import backlit, dimmed

SECONDS = {CLIP: 60, "leaving": 150}


@dataclass(frozen=True)
class Result:
    """What was counted.

    Attributes:
        means: (N,) `faces.mean` of each interval.
        truth: (N,) mean number of people in view in the frames of each.
        seen: how many people the pipeline returned for each frame.
        present: how many were in view in each frame.
        searches: frames of which a part was searched, a second.

    """

    means: list[float]
    truth: list[float]
    seen: list[int]
    present: list[int]
    searches: float

    @property
    def error(self) -> float:
        """Mean absolute error of `means`."""
        return float(np.abs(np.array(self.means) - self.truth).mean())


def scene(clip: str, *, still: bool) -> Iterator[tuple[float, Luma, int]]:
    """Yield time, frame and number of people in view, at the default pace of a device."""
    frames, rate = read_clip(CLIP)
    pace = CameraSettings().frames_per_second
    for number in range(round(SECONDS[clip] * pace)):
        now = number / pace
        away = absent(now) if clip == "leaving" else set()
        yield now, without(frames[0 if still else round(now * rate) % len(frames)], away), PEOPLE - len(away)


def count(
    clip: str, vision: Vision, light: Callable[[Luma], Luma], record_seconds: int, *, still: bool = False
) -> Result:
    """Count the people of a clip in each `record_seconds`."""
    pipeline = Pipeline(vision)
    frames_each = round(record_seconds * CameraSettings().frames_per_second)
    searches = 0
    searched = pipeline.schedule.searched

    def counted(now: float, took: float) -> None:
        del took  # what it takes here would change the result with this machine's load
        nonlocal searches
        searches += 1
        searched(now, 0.0)

    pipeline.schedule.searched = counted  # type: ignore[method-assign]
    means, truth, seen, present = [], [], [], []
    counter = IntervalCounter(vision.unsure_below, pipeline.classifier.reference)
    for number, (now, frame, people) in enumerate(scene(clip, still=still), 1):
        found = pipeline.analyse(light(frame), now)
        counter.add(found)
        seen.append(len(found))
        present.append(people)
        if number % frames_each == 0:
            means.append(counter.close(frames_each).faces.mean or 0.0)
            truth.append(float(np.mean(present[-frames_each:])))
            counter = IntervalCounter(vision.unsure_below, pipeline.classifier.reference)
    return Result(means, truth, seen, present, searches / SECONDS[clip])


def seconds_until_empty(result: Result) -> float:
    """Return how long after the last person left the pipeline still returned someone."""
    pace = CameraSettings().frames_per_second
    left = max(i for i, (before, after) in enumerate(pairwise(result.present), 1) if before and not after)
    return sum(count > 0 for count in result.seen[left:]) / pace


@click.command(help=__doc__)
@click.option("--clip", type=click.Choice(list(SECONDS)), default=CLIP, show_default=True)
@click.option("--record", default=5, show_default=True, help="Seconds of an interval.")
@click.option("--gain", default=1.0, show_default=True, help="Share of the light.")
@click.option("--noise", default=0.0, show_default=True, help="Grey levels of noise after that.")
@click.option("--backlit", "behind", is_flag=True, help="A quarter of the contrast under a veil.")
@click.option("--still", is_flag=True, help="Nobody moves but those who come and go.")
@click.argument("changes", nargs=-1, metavar="[KEY=VALUE]...")
def main(  # noqa: PLR0913 - one for each option
    *, clip: str, record: int, gain: float, noise: float, behind: bool, still: bool, changes: tuple[str, ...]
) -> None:
    """Print the counts and their mean absolute error; KEY=VALUE are keys of [vision]."""
    vision = Vision.model_validate(dict(change.split("=", 1) for change in changes))
    generator = np.random.default_rng(0)

    def light(frame: Luma) -> Luma:
        if behind:
            return backlit(frame, noise, generator)
        return dimmed(frame, gain, noise, generator) if gain != 1 or noise else frame

    result = count(clip, vision, light, record, still=still)
    print(f"{clip}, {record} s: {', '.join(f'{mean:.1f}' for mean in result.means)}")
    if clip == "leaving":
        print(f"truth: {', '.join(f'{people:.1f}' for people in result.truth)}")
        print(f"after the last one left, someone is returned for {seconds_until_empty(result):.1f} s")
    print(f"mean absolute error {result.error:.2f} of {PEOPLE}; {result.searches:.2f} frames searched a second")


if __name__ == "__main__":
    main()
