"""Measure how often a picture is called blurred, backlit or turned, and how often rightly.

    python -m tests.measure_picture --every 3 --first 1

Annotated pictures (`faces-dev`) as they are, in less light and with more noise give the false alarms; the same out of
focus, before a window and turned give the hits. Focus was chosen on the pictures of `--every 8`, windows on those of
`--every 3`, and how the camera hangs on `--every 4`, each from the first on. A disc of 1 % of the picture's width is 8
pixels of the searched picture, where the smallest face has 25.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Callable

import click
import numpy as np
from rich.console import Console
from rich.table import Table

from edge.camera.sources.base import Luma
from edge.config import Vision
from edge.vision.backlight import is_backlit
from edge.vision.focus import is_out_of_focus, sharpness
from edge.vision.light import cells
from edge.vision.orientation import TURNS, is_turned
from edge.vision.pipeline import Pipeline
from tests.support.annotated import annotated
from tests.support.defocus import defocused
from tests.support.light import dimmed

_DISCS = (0.003, 0.006, 0.01, 0.0125, 0.02, 0.04)
_WINDOWS = ((0.3, 0.15), (0.2, 0.25), (0.12, 0.1))
"""Share of the light that is left in the room, and the share of the picture that the window takes."""
_ENOUGH_FACES = 3


def _variants(generator: np.random.Generator) -> dict[str, Callable[[Luma], Luma]]:
    normal: dict[str, Callable[[Luma], Luma]] = {
        "as it is, noise 1": lambda luma: dimmed(luma, 1, 1, generator),
        "noise 6": lambda luma: dimmed(luma, 1, 6, generator),
        "a quarter of the light, noise 2": lambda luma: dimmed(luma, 0.25, 2, generator),
        "a twelfth of the light, noise 3": lambda luma: dimmed(luma, 1 / 12, 3, generator),
    }
    blurred = {
        f"disc of {100 * disc:g} %": lambda luma, disc=disc: defocused(luma, disc, 1, generator) for disc in _DISCS
    }
    before = {
        f"window of {area:.0%}, room at {gain:g}": lambda luma, gain=gain, area=area: _before(
            luma, gain, area, generator
        )
        for gain, area in _WINDOWS
    }
    return normal | blurred | before


def _before(luma: Luma, gain: float, area: float, generator: np.random.Generator) -> Luma:
    """Return a frame with `gain` of its light and a saturated window somewhere in its upper part."""
    room = dimmed(luma, gain, 1, generator)
    height, width = round(luma.shape[0] * (area / 1.5) ** 0.5), round(luma.shape[1] * (area * 1.5) ** 0.5)
    top, left = generator.integers(0, luma.shape[0] // 2), generator.integers(0, luma.shape[1] - width)
    room[top : top + height, left : left + width] = 255
    return room


@click.command(help=__doc__)
@click.option("--every", default=3, show_default=True, help="Only every Nth picture.")
@click.option("--first", default=1, show_default=True, help="Number of the first picture.")
@click.option("--turns/--no-turns", default=True, show_default=True, help="Also turn the pictures (slow).")
def main(*, every: int, first: int, turns: bool) -> None:
    """Print the share of pictures that is called blurred and backlit, and what turned pictures give."""
    variants = _variants(np.random.default_rng(0))
    called: defaultdict[str, Counter[str]] = defaultdict(Counter)
    turned: Counter[str] = Counter()
    pipeline, spent, searches = Pipeline(Vision()), 0.0, 0
    for entry, luma in annotated(slice(first, None, every)):
        for name, change in variants.items():
            seen = change(luma)
            begun = time.process_time()
            called[name]["out of focus"] += is_out_of_focus(seen)
            spent += time.process_time() - begun
            called[name]["no answer"] += sharpness(seen) is None
            called[name]["backlit"] += is_backlit(cells(seen))
            called[name]["pictures"] += 1
        if turns:
            begun = time.process_time()
            _turn(turned, pipeline, luma, len(entry["boxes"]))
            turned["microseconds"] += round((time.process_time() - begun) * 1e6)
            searches += 4
    _print(called, turned)
    print(f"focus: {1000 * spent / max(1, sum(one['pictures'] for one in called.values())):.1f} ms CPU a picture")
    if searches:
        print(f"one direction: {turned['microseconds'] / 1000 / searches:.0f} ms CPU")


def _turn(turned: Counter[str], pipeline: Pipeline, luma: Luma, faces: int) -> None:
    """Count what a picture gives in all four directions, and what it gives when it hangs upside down."""
    found = {quarters: pipeline.count_turned(luma, quarters) for quarters in range(4)}
    kind = "no face" if not faces else "a few" if faces < _ENOUGH_FACES else "group"
    turned[kind] += 1
    turned[f"{kind}, false"] += any(is_turned(found[quarters], found[0]) for quarters in TURNS)
    turned[f"{kind}, false where the person upright is missed"] += any(
        is_turned(found[quarters], 0) for quarters in TURNS
    )
    turned[f"{kind}, named when upside down"] += is_turned(found[0], found[2])


def _print(called: dict[str, Counter[str]], turned: Counter[str]) -> None:
    table = Table("picture", "pictures", "out of focus", "no answer", "backlit")
    for name, counts in called.items():
        shares = (f"{counts[what] / counts['pictures']:.3f}" for what in ("out of focus", "no answer", "backlit"))
        table.add_row(name, str(counts["pictures"]), *shares)
    console = Console(width=120)
    console.print(table)
    table = Table("single pictures in four directions", "number")
    for name, number in sorted(turned.items()):
        table.add_row(name, str(number))
    console.print(table)


if __name__ == "__main__":
    main()
