"""`emotion-edge bench`: the cost of a frame on this device per stage, measured with the code of the daemon."""

import json
import time
from dataclasses import asdict, dataclass, replace
from statistics import median, quantiles
from typing import TYPE_CHECKING

from edge.camera.camera import source_settings
from edge.camera.errors import CameraEnded
from edge.camera.sources import make_source
from edge.config import Settings
from edge.errors import UnusableInput
from edge.system.sensors import cpu_seconds, peak_kilobytes
from edge.vision.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Stage:
    """Wall-clock milliseconds of one stage, over the `frames` that needed it."""

    frames: int
    median_ms: float
    p95_ms: float


@dataclass(frozen=True)
class Result:
    """The result of `bench`.

    Attributes:
        source: what was analysed.
        frames: how many frames.
        frame_size: width and height of the last one, pixels.
        frames_per_second: how many were analysed a second.
        people: mean number of people per frame.
        stages: in the order in which they run; `read` is decoding or waiting for the source.
        cpu_seconds_per_frame: user and system time of the whole process, all threads.
        peak_megabytes: largest resident memory of the process.
        model: name and digest.
        runtime: distribution that runs the model.

    """

    source: str
    frames: int
    frame_size: tuple[int, int]
    frames_per_second: float
    people: float
    stages: dict[str, Stage]
    cpu_seconds_per_frame: float
    peak_megabytes: float
    model: str
    runtime: str


def bench(settings: Settings, source: str, frames: int) -> Result:
    """Analyse up to `frames` frames of `source` at full speed.

    Raises:
        CameraError: the source fails. A source that ends early is accepted if it delivered a frame.
        UnusableInput: it delivered no frame.

    """
    pipeline = Pipeline(settings.vision, settings.mode)
    chosen = settings.camera.with_source(source)
    camera = make_source(replace(source_settings(chosen), pace="fast", loop=False))
    camera.open()
    laps: dict[str, list[float]] = {}
    people = 0
    begun, begun_at = cpu_seconds(), time.perf_counter()
    done, size = 0, (0, 0)
    try:
        while done < frames:
            started = time.perf_counter()
            camera.grab()
            if (luma := camera.retrieve()) is None:
                continue
            laps.setdefault("read", []).append((time.perf_counter() - started) * 1000)
            people += len(pipeline.analyse(luma, done / settings.camera.frames_per_second))
            for stage, milliseconds in pipeline.stopwatch.milliseconds.items():
                laps.setdefault(stage, []).append(milliseconds)
            done, size = done + 1, (luma.shape[1], luma.shape[0])
    except CameraEnded:
        pass
    finally:
        camera.close()
    if not done:
        raise UnusableInput(chosen.shown, "delivered no frame", "name a camera, a video file or a folder of pictures")
    return Result(
        source=chosen.shown,
        frames=done,
        frame_size=size,
        frames_per_second=round(done / (time.perf_counter() - begun_at), 1),
        people=round(people / done, 2),
        stages={name: _stage(values) for name, values in laps.items()},
        cpu_seconds_per_frame=round((cpu_seconds() - begun) / done, 5),
        peak_megabytes=round(peak_kilobytes() / 1024, 1),
        model=pipeline.classifier.name,
        runtime=pipeline.classifier.runtime,
    )


def _stage(values: "Sequence[float]") -> Stage:
    return Stage(len(values), round(median(values), 3), round(_p95(values), 3))


def report(result: Result, *, as_json: bool) -> str:
    """Return what to print."""
    if as_json:
        return json.dumps(asdict(result))
    lines = [f"{result.source}: {result.frames} frames, {result.people} people on average", ""]
    lines += [f"{'stage':<10} {'frames':>10} {'median ms':>10} {'p95 ms':>10}"]
    lines += [
        f"{name:<10} {stage.frames:>10} {stage.median_ms:>10.2f} {stage.p95_ms:>10.2f}"
        for name, stage in result.stages.items()
    ]
    lines += [
        "",
        f"CPU per frame  {result.cpu_seconds_per_frame:.4f} s",
        f"peak memory    {result.peak_megabytes:.0f} MB",
        f"model          {result.model} on {result.runtime}",
    ]
    return "\n".join(lines)


def _p95(values: "Sequence[float]") -> float:
    return quantiles(values, n=20)[-1] if len(values) > 1 else values[0]
