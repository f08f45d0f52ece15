"""`emotion-edge bench --report`: what a board costs, as a row of docs/reference/cost.md that its owner can send."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from edge import __version__
from edge.camera.sources.camera_choice import is_picamera
from edge.config import Settings
from edge.system.board import board_model
from edge.system.sensors import soc_celsius, throttled
from edge.tools.bench import Result

COLUMNS = {
    "board": "board",
    "system": "system",
    "program": "program",
    "camera": "camera",
    "people": "people",
    "frames_per_second": "fps",
    "read_ms": "read",
    "motion_ms": "motion",
    "detect_ms": "detect",
    "classify_ms": "classify",
    "track_ms": "track",
    "cpu_percent": "CPU",
    "celsius": "°C",
    "throttled": "slowed down",
    "peak_megabytes": "MB",
}
"""Fields of a row and the headings of their columns."""
STAGES = ("read", "motion", "detect", "classify", "track")
_NOW, _EVER = 0b1111, 16


@dataclass(frozen=True)
class Row:
    """A board's row.

    Attributes:
        board: its name by the device tree, else its processor's architecture.
        system: name of the distribution, and the architecture.
        program: version of emotion-edge, model and runtime.
        camera: kind of the source and size of its frames, pixels; no address or path, which may name a place.
        people: mean number of people in a frame.
        frames_per_second: that could be analysed; of a camera no more than it delivers.
        stages: median wall milliseconds of each stage, over the frames that needed it; None for one that none did.
        cpu_percent: of one core, at the configured number of frames a second.
        celsius: of the processor, at the end; None where there is no thermometer.
        throttled: "no", "now", "since the start", or "unknown".
        peak_megabytes: largest resident memory of the process.

    """

    board: str
    system: str
    program: str
    camera: str
    people: float
    frames_per_second: float
    stages: Mapping[str, float | None]
    cpu_percent: float
    celsius: float | None
    throttled: str
    peak_megabytes: float


def make_row(settings: Settings, result: Result) -> Row:
    """Return the row of a result."""
    celsius = soc_celsius()
    version = f"emotion-edge {__version__}, {result.model.partition(' ')[0]} on {result.runtime}"
    width, height = result.frame_size
    return Row(
        board=board_model() or platform.machine(),
        system=f"{_distribution()}, {platform.machine()}, Python {platform.python_version()}",
        program=version,
        camera=f"{_kind(result.source)} {width}x{height}",
        people=result.people,
        frames_per_second=result.frames_per_second,
        stages={name: result.stages[name].median_ms if name in result.stages else None for name in STAGES},
        cpu_percent=round(100 * result.cpu_seconds_per_frame * settings.camera.frames_per_second, 1),
        celsius=None if celsius is None else round(celsius, 1),
        throttled=_throttled(throttled()),
        peak_megabytes=result.peak_megabytes,
    )


def show(row: Row, *, as_json: bool) -> str:
    """Return a line of a Markdown table, or of JSON."""
    if as_json:
        return json.dumps(asdict(row))
    values = asdict(row) | {f"{name}_ms": value for name, value in row.stages.items()}
    return "| " + " | ".join(_cell(values[field]) for field in COLUMNS) + " |"


def _cell(value: object) -> str:
    return "" if value is None else str(value).replace("|", "/").replace("\n", " ")


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return os.uname().sysname


def _kind(source: str) -> str:
    """Return what kind of source it is."""
    if source == "scene" or is_picamera(source):
        return source
    if source.isdecimal() or source.startswith("/dev/"):
        return "USB"
    return source.partition("://")[0] if "://" in source else "file"


def _throttled(bits: int | None) -> str:
    if bits is None:
        return "unknown"
    if bits & _NOW:
        return "now"
    return "since the start" if bits >> _EVER & _NOW else "no"
