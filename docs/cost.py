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
_OWN_DEFAULTS = "mosaic12 model=small scale_factor=1.2"
"""The play with the defaults of slow boards, see `edge.config.for_board`."""
_TENTH = 0.1
_ANCHOR = (
    "from published times of `alt2` on 640 x 640, step 1.1: 1270 to 1450 ms on a Pi 4 at 1.5 GHz, for pictures that "
    "took 1750 million instructions. On the first frame of `mosaic12` this search takes fewer: see below"
)


@dataclass(frozen=True)
class Board:
    """A board, and what is assumed of it.

    Attributes:
        name: of the board.
        core: QEMU's name of its processor.
        gigahertz: its clock.
        per_cycle: least and most instructions in a cycle.
        why: where that comes from.

    """

    name: str
    core: str
    gigahertz: float
    per_cycle: tuple[float, float]
    why: str = "an assumption"


BOARDS = (
    Board("Zero 2 W", "cortex-a53", 1.0, (0.45, 0.60)),
    Board("3B+", "cortex-a53", 1.4, (0.45, 0.60)),
    Board("4", "cortex-a72", 1.8, (0.81, 0.92), _ANCHOR),
    Board("5", "cortex-a76", 2.4, (1.6, 2.0)),
)
_STAGES = {
    "start": "start to the first analysed frame",
    "search": "search of a whole frame",
    "side search": "search for faces from the side",
    "search scan_width=640": "search with `scan_width = 640`",
    "search scale_factor=1.2": "search with `scale_factor = 1.2`",
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
1280 x 720 pixels and two frames a second; {counted["seconds"]:g} seconds are counted, after ten others in which
the whole picture is searched once, and turned by each quarter until it is known how the camera hangs. The process that
reads the camera and the publisher are not counted.""".splitlines()


def _boards(counted: dict[str, Any]) -> Iterator[str]:
    yield from ["", "## Estimates for boards", ""]
    yield "Least and most, over both runtimes. Zero 2 W and 3B+ use `small` and `scale_factor = 1.2` by default; a"
    yield "column says what they would take with the defaults of the other boards."
    yield ""
    heads = ("`mosaic12`, of one core", "with `standard`, 1.15", "`empty`", "a whole search", "a face", "start")
    yield f"| board | million instructions a second | {' | '.join(heads)} |"
    yield "|---|---|" + "---|" * len(heads)
    for board in BOARDS:
        runs = [run for run in counted["runs"] if run["core"] == board.core]
        slow, fast = (round(board.gigahertz * 1000 * one) for one in board.per_cycle)
        model = "small" if _OWN_DEFAULTS in runs[0]["scenes"] else "standard"
        search = "search scale_factor=1.2" if model == "small" else "search"
        millions = (
            [run["scenes"].get(_OWN_DEFAULTS, run["scenes"]["mosaic12"])["second"] for run in runs],
            [run["scenes"]["mosaic12"]["second"] for run in runs],
            [run["scenes"]["empty"]["second"] for run in runs],
            [run["stages"][search] for run in runs],
            [run["stages"][f"face {model}"] for run in runs],
            [run["stages"]["start"] for run in runs],
        )
        seconds = [(min(some) / fast, max(some) / slow) for some in millions]
        cells = [_percent(*one) for one in seconds[:3]] + [_time(*one) for one in seconds[3:]]
        yield f"| {board.name}, {board.core}, {board.gigahertz} GHz | {slow}–{fast} | {' | '.join(cells)} |"
    yield from ["", "Instructions in a cycle:", ""]
    for core in dict.fromkeys(board.core for board in BOARDS):
        board = next(one for one in BOARDS if one.core == core)
        least, most = board.per_cycle
        yield f"- {core}: {least:.2f}–{most:.2f}, {board.why}"


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
        yield _row(f"the ten seconds before, `{scene}`", [run["scenes"][scene]["starting"] for run in runs])
    if all(run["stages"].get("face fer") for run in runs):
        # OpenCV does the same on every core, so it was counted on one.
        searches = {run["python"]: run["stages"]["fer search"] for run in runs if "fer search" in run["stages"]}
        peers = [searches[run["python"]] + _FACES * run["stages"]["face fer"] for run in runs]
        yield _row("a frame of `fer` with 12 faces", [*peers])
        ours = [run["scenes"]["mosaic12"]["second"] / 2 / peer for run, peer in zip(runs, peers, strict=True)]
        yield _row("a frame of `mosaic12`, of that", [*ours])


def _settings(counted: dict[str, Any]) -> Iterator[str]:
    yield from ["", "## What a setting saves", ""]
    yield "A second of `mosaic12` with one setting changed, relative to the defaults."
    yield ""
    yield "| setting | processor | millions of instructions | relative |"
    yield "|---|---|---|---|"
    for run in counted["runs"]:
        scenes = run["scenes"]
        default = scenes["mosaic12"]["second"]
        for name, scene in scenes.items():
            setting = name.removeprefix("mosaic12 ")
            if setting != name:
                keys = " ".join(f"`{one.replace('=', ' = ')}`" for one in setting.split(" "))
                where = f"{run['core']}, {run['runtime']}"
                yield f"| {keys} | {where} | {scene['second']:.4g} | {scene['second'] / default:.2f} |"


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
