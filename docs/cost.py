"""The page docs/reference/cost.md: what `python -m tests.instructions` counted, and rows that owners sent."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.tools.board_report import COLUMNS

_MEASURED = Path(__file__).parent / "measured"
_OWNERS = _MEASURED / "boards.md"
_COUNTED = _MEASURED / "cost.json"
_FACES = 12
_ANCHOR_SECONDS = (1.27, 1.45)
"""Published seconds of a Raspberry Pi 4 for the search `anchor`."""
_ANCHOR_GIGAHERTZ = 1.5
_TENTH = 0.1


@dataclass(frozen=True)
class Board:
    """A board, and what is assumed of it.

    Attributes:
        name: of the board.
        core: QEMU's name of its processor.
        gigahertz: its clock.
        per_cycle: least and most instructions in a cycle; None: as published times of this processor say.

    """

    name: str
    core: str
    gigahertz: float
    per_cycle: tuple[float, float] | None


BOARDS = (
    Board("Zero 2 W", "cortex-a53", 1.0, (0.45, 0.60)),
    Board("3B+", "cortex-a53", 1.4, (0.45, 0.60)),
    Board("4", "cortex-a72", 1.8, None),
    Board("5", "cortex-a76", 2.4, (1.6, 2.0)),
)
_STAGES = {
    "start": "start to the first analysed frame",
    "search": "search of a whole frame",
    "side search": "search for faces from the side",
    "search scan_width=640": "search with `scan_width = 640`",
    "search scale_factor=1.25": "search with `scale_factor = 1.25`",
    "search min_face=32": "search with `min_face = 32`",
    "gate": "motion gate, a frame",
    "crop": "cutting out a face",
    "face standard": "a face by `standard`",
    "face small": "a face by `small`",
    "face fer": "a face by the network of `fer` (quantised)",
    "fer search": "the search of `fer`",
    "anchor": "alt2 on 640 x 640, step 1.1",
}


def page() -> str:
    """Return the page."""
    counted = json.loads(_COUNTED.read_text())
    return "\n".join([*_intro(counted), *_boards(counted), *_stages(counted), *_settings(counted), *_owners()]) + "\n"


def _intro(counted: dict[str, Any]) -> Iterator[str]:
    yield from f"""# Cost

What the observer costs on each Raspberry Pi. `python -m tests.instructions` runs the arm64 libraries in QEMU and counts
their instructions ({counted["date"]}); the times are estimates from these counts. Times of real boards are in the
[last table](#measured-by-owners).

`mosaic12` is a clip of 12 people who move all the time, `empty` an empty room with a sensor's noise. Both have
1280 x 720 pixels and are played for {counted["seconds"]:g} seconds at two frames a second, the first two of which are
left out. The process that reads the camera, and the publisher, are not counted.""".splitlines()


def _boards(counted: dict[str, Any]) -> Iterator[str]:
    yield from ["", "## Estimates for boards", "", "Least and most, over both runtimes.", ""]
    heads = ("`mosaic12`, of one core", "`empty`", "longest frame", "a whole search", "a face", "start")
    yield f"| board | million instructions a second | {' | '.join(heads)} |"
    yield "|---|---|" + "---|" * len(heads)
    for board in BOARDS:
        runs = [run for run in counted["runs"] if run["core"] == board.core]
        slow, fast = (round(board.gigahertz * 1000 * one) for one in _per_cycle(board, runs))
        millions = (
            [run["scenes"]["mosaic12"]["second"] for run in runs],
            [run["scenes"]["empty"]["second"] for run in runs],
            [run["scenes"]["mosaic12"]["longest_frame"] for run in runs],
            [run["stages"]["search"] for run in runs],
            [run["stages"]["face standard"] for run in runs],
            [run["stages"]["start"] for run in runs],
        )
        seconds = [(min(some) / fast, max(some) / slow) for some in millions]
        cells = [_percent(*one) for one in seconds[:2]] + [_time(*one) for one in seconds[2:]]
        yield f"| {board.name}, {board.core}, {board.gigahertz} GHz | {slow}–{fast} | {' | '.join(cells)} |"
    yield from ["", "Assumed instructions in a cycle:", ""]
    for core in dict.fromkeys(board.core for board in BOARDS):
        board = next(one for one in BOARDS if one.core == core)
        least, most = _per_cycle(board, [run for run in counted["runs"] if run["core"] == core])
        why = "an assumption" if board.per_cycle else _anchored()
        yield f"- {core}: {least:.2f}–{most:.2f}, {why}"


def _anchored() -> str:
    low, high = (round(1000 * one) for one in _ANCHOR_SECONDS)
    return (
        f"from published times ({low}–{high} ms on a Pi 4 at {_ANCHOR_GIGAHERTZ} GHz for `alt2` on 640 x 640, step 1.1)"
        " and the instructions of that search below. The pictures were others"
    )


def _per_cycle(board: Board, runs: list[dict[str, Any]]) -> tuple[float, float]:
    if board.per_cycle:
        return board.per_cycle
    anchors = [run["stages"]["anchor"] / 1000 for run in runs]
    least, most = _ANCHOR_SECONDS
    return min(anchors) / most / _ANCHOR_GIGAHERTZ, max(anchors) / least / _ANCHOR_GIGAHERTZ


def _percent(least: float, most: float) -> str:
    digits = 0 if most >= _TENTH else 1
    return f"{100 * least:.{digits}f}–{100 * most:.{digits}f} %"


def _time(least: float, most: float) -> str:
    if most < 1:
        digits = 0 if 10 * most >= _TENTH else 1
        return f"{1000 * least:.{digits}f}–{1000 * most:.{digits}f} ms"
    return f"{least:.1f}–{most:.1f} s"


def _head(counted: dict[str, Any], first: str) -> list[str]:
    runs = counted["runs"]
    heads = [f"{run['core'].removeprefix('cortex-').upper()}, {run['runtime']}" for run in runs]
    return [f"| {first} | {' | '.join(heads)} |", "|---|" + "---|" * len(runs)]


def _row(name: str, values: list[float | None]) -> str:
    return f"| {name} | {' | '.join('' if value is None else f'{value:.4g}' for value in values)} |"


def _stages(counted: dict[str, Any]) -> Iterator[str]:
    runs = counted["runs"]
    yield from ["", "## Millions of instructions", ""]
    libraries = dict.fromkeys(
        f"Python {run['python']}: {run['runtime']}, OpenCV {run['opencv']}, numpy {run['numpy']}" for run in runs
    )
    yield from [f"- {one}" for one in libraries]
    yield ""
    yield from _head(counted, "")
    for key, name in _STAGES.items():
        if any(run["stages"].get(key) for run in runs):
            yield _row(name, [run["stages"].get(key) for run in runs])
    for scene in ("mosaic12", "empty"):
        yield _row(f"a second of `{scene}`", [run["scenes"][scene]["second"] for run in runs])
        yield _row(f"longest frame of `{scene}`", [run["scenes"][scene]["longest_frame"] for run in runs])
    if any(run["stages"].get("face fer") for run in runs):
        peers = [run["stages"]["fer search"] + _FACES * run["stages"]["face fer"] for run in runs]
        yield _row("a frame of `fer` with 12 faces", peers)
        ours = [run["scenes"]["mosaic12"]["second"] / 2 / peer for run, peer in zip(runs, peers, strict=True)]
        yield _row("a frame of `mosaic12`, of that", ours)


def _settings(counted: dict[str, Any]) -> Iterator[str]:
    yield from ["", "## What a setting saves", ""]
    yield "A second of `mosaic12` with one setting changed, relative to the defaults."
    yield ""
    yield "| setting | board | millions of instructions | relative |"
    yield "|---|---|---|---|"
    for run in counted["runs"]:
        scenes = run["scenes"]
        default = scenes["mosaic12"]["second"]
        for name, scene in scenes.items():
            setting = name.removeprefix("mosaic12 ")
            if setting != name:
                key, value = setting.split("=")
                where = f"{run['core']}, {run['runtime']}"
                yield f"| `{key} = {value}` | {where} | {scene['second']:.4g} | {scene['second'] / default:.2f} |"


def _owners() -> Iterator[str]:
    rows = [line for line in _OWNERS.read_text().splitlines() if line.startswith("| ")]
    yield from ["", "## Measured by owners", ""]
    yield "`emotion-edge bench --report` prints such a row of your board; CONTRIBUTING.md says how to send it. Stages"
    yield "are median milliseconds of the frames that needed them; CPU is the percentage of one core at the configured"
    yield "pace."
    yield ""
    yield f"| {' | '.join(COLUMNS.values())} |"
    yield "|" + "---|" * len(COLUMNS)
    yield from rows
    if not rows:
        yield "| none yet |" + " |" * (len(COLUMNS) - 1)
