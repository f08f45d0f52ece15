"""Measure how much real faces and still pictures change: `python -m tests.measure_furniture`.

Each face of a clip's first frame is looked at again where it was, as `edge.vision.life` does. Still pictures are the
first frames of the same clips with a sensor's noise, a lamp's flicker of 2 % and a fall of the light to `--gain`.
"""

from collections.abc import Iterator

import click
import numpy as np

from edge.camera.sources.base import Luma
from edge.config import Vision
from edge.vision.life import MOVED, change, patch
from edge.vision.pipeline import Pipeline
from tests.support.clips import read_clip

CLIPS = ("mosaic12.mp4", "classroom.gif", "student.mkv", "school.mkv")
LOOK_SECONDS = 1.25
"""Between two looks of a device."""
_STILL_LOOKS = 60
_FLICKER = 0.02


def looks(clip: str) -> list[Luma]:
    """Return the frames at which a device looks."""
    frames, rate = read_clip(clip)
    return frames[:: max(1, round(LOOK_SECONDS * rate))]


def still(frame: Luma, noise: float, gain: float) -> Iterator[Luma]:
    """Yield frames of a picture that does not move; noise in grey levels."""
    generator = np.random.default_rng(0)
    for number in range(_STILL_LOOKS):
        light = (1 + _FLICKER * np.sin(number)) * (gain if number > _STILL_LOOKS / 2 else 1)
        yield np.clip(frame * light + generator.normal(0, noise, frame.shape), 0, 255).astype(np.uint8)


def changes(frames: list[Luma]) -> list[float]:
    """Return for each face of the first frame the largest change in the others."""
    faces = [np.array(face.box, np.int32) for face in Pipeline(Vision()).examine(frames[0])]
    return [max(change(patch(frames[0], face), patch(frame, face)) for frame in frames[1:]) for face in faces]


@click.command(help=__doc__)
@click.option("--noise", "noises", multiple=True, type=float, default=(3.0, 6.0, 10.0), show_default=True)
@click.option("--gain", default=0.6, show_default=True, help="Share of the light that is left in the second half.")
def main(noises: tuple[float, ...], gain: float) -> None:
    """Print for each clip the range of the largest change of a face."""
    click.echo(f"a face has moved from {MOVED} on")
    for clip in CLIPS:
        click.echo(f"{clip}, real faces: {_range(changes(looks(clip)))}")
        for noise in noises:
            click.echo(f"  still, noise {noise:g}: {_range(changes(list(still(looks(clip)[0], noise, gain))))}")


def _range(found: list[float]) -> str:
    return f"{min(found):.2f} to {max(found):.2f} ({len(found)})" if found else "no face was found"


if __name__ == "__main__":
    main()
