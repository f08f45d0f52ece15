"""`python -m tests.attacks.capacity`: how much a compromised observer can say through what is published.

Every figure is counted from what the publisher's own code makes of packets: the number of different payloads. Numbers
that are too large to try one by one are products of such counts, and each product is tried in full where it is small.
Not counted: what needs no message, as heat, load and memory of the machine, and what can be said once only.
"""

import itertools
import json
import math
import random
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

from edge.camera import errors
from edge.camera.errors import CameraError
from edge.config import Settings
from edge.contract.outlines import (
    COLUMNS,
    MOST_COUNTED,
    MOST_FACES,
    MOST_MESSAGES,
    ROWS,
    SECONDS,
    SIZES,
    Hidden,
    Outline,
    Outlines,
    Shape,
    Turned,
)
from edge.contract.records import EMOTIONS, HEALTH_SECONDS, MAX_FACES, CameraProblem, Heartbeat, Picture
from edge.hub.first_run.code import LIFE_SECONDS
from edge.publisher.lobby import slots
from edge.publisher.model_names import ModelNames, _names
from edge.publisher.observer_state import ObserverState
from edge.publisher.state.record_names import NEW_BOOTS_A_SECOND
from tests.attacks.probe import LABELS, Probe, content
from tests.support.heartbeat import heartbeat

CROP_BITS = 48 * 48 * 8
HOUR = 3600
_CELLS = len(LABELS)
_OPEN = {"min_group": 1, "max_share": 1.0}
"""The settings that withhold the least."""


@dataclass(frozen=True)
class Capacity:
    """Bits that an observer can choose.

    Attributes:
        record: of one record of an interval, whatever it holds.
        record_of_forty: of one record of at most 40 people.
        suppressed: of one record that is withheld.
        news: of an hour of heartbeats: camera, pause, what the observer runs.
        details: of an hour of heartbeats: numbers and light, and whether it is silent.
        names: of an hour of new starts of the observer and other models.
        interval_seconds: length of an interval.

    """

    record: float
    record_of_forty: float
    suppressed: float
    news: float
    details: float
    names: float
    interval_seconds: int

    @property
    def crops(self) -> float:
        """Face crops an hour, records and health together."""
        return self._an_hour(self.record)

    @property
    def crops_of_forty(self) -> float:
        """The same with records of at most 40 people."""
        return self._an_hour(self.record_of_forty)

    @property
    def crops_suppressed(self) -> float:
        """The same with records that are withheld or paused."""
        return self._an_hour(self.suppressed)

    @property
    def crops_by_health(self) -> float:
        """Face crops an hour by heartbeats alone."""
        return (self.news + self.details) / CROP_BITS

    def _an_hour(self, bits: float) -> float:
        return (bits * HOUR / self.interval_seconds + self.news + self.details + self.names) / CROP_BITS


def measure(folder: Path) -> Capacity:
    """Count what the publisher accepts; `folder` is an empty one for its state."""
    probe = Probe(folder / "open", _OPEN)
    length = probe.settings.interval_seconds
    choices, of_forty = _people(probe)
    frames = len(_different(probe.told([10] * _CELLS, frames=_frames(number)) for number in range(1, 400)))
    withheld = len(_different(_withheld(Probe(folder / "default"))))
    moments = slots(length)
    settings = Settings()
    return Capacity(
        record=_per_interval((choices * frames + withheld) * moments),
        record_of_forty=_per_interval((of_forty * frames + withheld) * moments),
        suppressed=_per_interval(withheld * moments),
        news=_news(settings),
        details=_details(settings),
        names=_events(NEW_BOOTS_A_SECOND * HOUR, HOUR // length) + _events(1, HOUR // length, _models(settings)),
        interval_seconds=length,
    )


def measure_outlines() -> float:
    """Return the bits that a camera process can say through the outlines of one set-up page, all together."""
    places = COLUMNS * ROWS * len(SIZES) * 2
    faces = sum(math.comb(places, number) for number in range(MOST_FACES + 1))
    words = 2 ** len(get_args(Hidden)) * (len(get_args(Turned)) + 1) * (MOST_COUNTED + 1) ** 2
    _try_few_outlines()
    ticks = round(LIFE_SECONDS / SECONDS)
    each = math.log2(faces * words + len(get_args(CameraProblem)) + 2)  # or nothing in this tick, or the end
    return MOST_MESSAGES * each + math.log2(math.comb(ticks, MOST_MESSAGES)) + math.log2(len(get_args(Shape)))


def _try_few_outlines() -> None:
    """Compare the number of different messages with the sets that they are, where these are few."""
    few = [Outline(column=column, row=row, size=0, counted=True) for column in range(2) for row in range(2)]
    said = {
        Outlines(faces=faces, shape=shape).plain("16:9").model_dump_json()
        for number in range(4)
        for faces in itertools.product(few, repeat=number)
        for shape in get_args(Shape)
    }
    assert len(said) == sum(math.comb(len(few), number) for number in range(4)), "an order or a number says something"


def _per_interval(choices: float) -> float:
    """Return bits per interval where each record is one of `choices`, and intervals and numbers may be left out.

    Of n intervals without a record the next record's number may leave out any part: n times the choices. The capacity
    is that of a noiseless channel whose symbols take different times (Shannon 1948, section 1): the x for which
    choices * sum(n * x**n) is 1.
    """
    half = 1 + choices / 2
    return -math.log2(half - math.sqrt(half * half - 1)) if choices < 1e6 else math.log2(choices)


def _people(probe: Probe) -> tuple[int, int]:
    """Return the number of different people that a record can hold: of any number, and of at most 40."""
    means: dict[float, int] = {}
    for tenths in range(MAX_FACES * 10 + 1):
        payload = probe.told([0] * 6 + [tenths, 0])
        if payload is not None and payload["faces"]["mean"] not in means:
            means[payload["faces"]["mean"]] = tenths
    most = [payload["faces"]["max"] for number in range(1, MAX_FACES + 1) if (payload := _with_most(probe, number))]
    highest = sorted(set(most))
    everything, forty = 0, 0
    for mean, tenths in means.items():
        number = _compositions(probe, mean, tenths) * sum(value >= mean for value in highest or [0])
        everything += max(1, number)
        forty += max(1, number) if mean <= 40 else 0
    _try_small(probe)
    return everything, forty


def _with_most(probe: Probe, most: int) -> dict[str, Any] | None:
    return probe.told([0] * 6 + [1, 0], most=most)


def _compositions(probe: Probe, mean: float, tenths: int) -> int:
    """Return in how many ways the people of a mean can be spread: by the smallest move that is seen."""
    if not tenths:
        return 1
    moved = (_cells(probe.told(_moved(tenths, number)))["happy"] for number in range(1, tenths + 1))
    step = round(10 * next(happy for happy in moved if happy))
    units = round(mean * 10) // step
    for _ in range(2):  # the parts are multiples of the step, and they add up: nothing else is there to choose
        cells = _cells(probe.told(_spread(tenths, random.Random(tenths))))
        assert all(round(value * 10) % step == 0 for value in cells.values()), cells
    return math.comb(units + _CELLS - 1, _CELLS - 1)


def _try_small(probe: Probe) -> None:
    """Compare the number of ways with all that there are, where these are few."""
    for tenths in (1, 2, 3, 4):
        spread = [
            [chosen.count(cell) for cell in range(_CELLS)]
            for chosen in itertools.combinations_with_replacement(range(_CELLS), tenths)
        ]
        found = len(_different(probe.told(one) for one in spread))
        assert found <= math.comb(tenths + _CELLS - 1, _CELLS - 1), "a record holds more than its cells"
    assert probe.told([10] * _CELLS, unsure=2.0) is None, "emotions that do not add up are let in"
    observed = probe.told([10] * _CELLS, observations=dict.fromkeys(LABELS, 7))
    assert observed is not None
    assert not any(observed["observations"].values()), "observations are published; they are not counted here"


def _moved(tenths: int, number: int) -> list[int]:
    return [0, 0, 0, number, 0, 0, tenths - number, 0]


def _spread(tenths: int, chance: random.Random) -> list[int]:
    cuts = sorted(chance.randint(0, tenths) for _ in range(_CELLS - 1))
    return [after - before for before, after in itertools.pairwise([0, *cuts, tenths])]


def _cells(payload: dict[str, Any] | None) -> dict[str, float]:
    assert payload is not None
    return {name: payload["emotions"][name] for name in EMOTIONS} | {"unsure": payload["unsure"]}


def _frames(analysed: int) -> dict[str, int]:
    return {"analysed": analysed, "expected": 10_000 + analysed}


def _withheld(probe: Probe) -> Iterable[dict[str, Any] | None]:
    """Yield payloads of every kind of record that is withheld by the default settings."""
    nobody = {"analysed": 0, "expected": 0}
    yield probe.publish(paused=True, frames=nobody)
    yield probe.publish(frames=nobody)
    chance = random.Random(1)
    for _ in range(300):
        tenths = _spread(chance.randint(0, 40), chance)
        yield probe.told(tenths, most=chance.randint(4, MAX_FACES), frames=_frames(chance.randint(1, 10**6)))


def _different(payloads: Iterable[dict[str, Any] | None]) -> set[str]:
    return {content(payload) for payload in payloads if payload is not None}


def _news(settings: Settings) -> float:
    """Return the bits of an hour of news: what it can say, how often, and when."""
    run_by = _run_by(settings)
    combinations = [
        heartbeat(state, paused_by, picture=picture, camera=_camera(state, error, restarts), **more)
        for state in ("starting", "running", "retrying", "paused")
        for error in (None, *_camera_errors())
        for restarts in range(6)
        for picture in (None, *get_args(Picture)[: None if state == "running" else 1])
        for paused_by in _subsets(("remote", "schedule", "button"))
        for more in run_by
    ]
    values = len({_published(settings, one).model_dump_json() for one in combinations})
    flips = [heartbeat("running"), heartbeat("paused", ("button",))]
    return _events(_changes(settings, flips), HOUR, values)


def _camera(state: str, error: str | None, restarts: int) -> dict[str, Any]:
    return {"state": state, "error": error, "restarts": restarts}


def _details(settings: Settings) -> float:
    """Return the bits of an hour of details, which are seen when `health` is published, and of silence."""
    ranges: dict[str, Iterable[Any]] = {
        "frames_per_second": [*(number / 10 for number in range(600)), *map(float, range(60, 1001))],
        "seconds_between_scans": [*(number / 10 for number in range(1000)), *map(float, range(100, 10_001))],
        "light": ["good", "dim", "too_dark", None],
        "resident_megabytes": [*range(2000), *range(2000, 1_000_001, 1000)],
    }
    values = math.prod(
        len({_published(settings, heartbeat(**{name: value})).model_dump_json() for value in every})
        for name, every in ranges.items()
    )
    flips = [heartbeat(light="good"), heartbeat(light="dim")]
    times = HOUR // HEALTH_SECONDS
    return _events(_changes(settings, flips), times, values) + times


def _published(settings: Settings, one: Heartbeat) -> Heartbeat:
    now = [1000.0]
    state = ObserverState(settings, lambda: now[0])
    state.take(one)
    now[0] += 1
    state.poll()
    assert state.heartbeat is not None
    return state.heartbeat


def _changes(settings: Settings, flips: list[Heartbeat]) -> int:
    """Return how often an observer that changes its mind every second is believed in an hour, after the first one."""
    now = [1000.0]
    state = ObserverState(settings, lambda: now[0])
    changes, before = [0, 0], None
    for second in range(2 * HOUR):
        state.take(flips[second % 2] if second % 7 else flips[1 - second % 2])
        now[0] += 1
        state.poll()
        changes[second // HOUR] += state.heartbeat != before
        before = state.heartbeat
    return changes[1]


def _events(number: float, places: int, values: float = 1) -> float:
    """Return the bits of `number` events, each one of `values`, at any of so many places."""
    count = math.ceil(number)
    return count * math.log2(max(1, values)) + math.log2(math.comb(places, count))


def _camera_errors() -> list[str]:
    return [
        one.__name__
        for one in vars(errors).values()
        if isinstance(one, type) and issubclass(one, CameraError) and one is not CameraError
    ]


def _subsets(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [chosen for number in range(len(names) + 1) for chosen in itertools.combinations(names, number)]


def _models(settings: Settings) -> int:
    return len(set(_names(settings)))


def _run_by(settings: Settings) -> list[dict[str, Any]]:
    models = ModelNames(settings)
    assert not models.knows("free-text (sha256 0123456789ab)"), "any model can be named"
    return [
        {"runtime": runtime, "network_isolated": isolated}
        for runtime in ("ai-edge-litert", "tflite-runtime", "opencv")
        for isolated in (True, False)
    ]


def main() -> None:
    """Print bits and crops; with --json as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder))
    outlines = measure_outlines()
    crops: dict[str, Callable[[Capacity], float]] = {
        "records and health": lambda one: one.crops,
        "the same, at most 40 people": lambda one: one.crops_of_forty,
        "records suppressed or paused, and health": lambda one: one.crops_suppressed,
        "health alone": lambda one: one.crops_by_health,
    }
    if "--json" in sys.argv:
        of_hour = {name: round(of(found), 3) for name, of in crops.items()}
        print(json.dumps(asdict(found) | of_hour | {"outlines": outlines}))
        return
    print(f"bits, intervals of {found.interval_seconds} s")
    print(f"  a record                        {found.record:8.1f}")
    print(f"  a record of at most 40 people   {found.record_of_forty:8.1f}")
    print(f"  a suppressed or paused record   {found.suppressed:8.1f}")
    print(f"  an hour of news by heartbeats   {found.news:8.1f}")
    print(f"  an hour of details in health    {found.details:8.1f}")
    print(f"  an hour of starts and models    {found.names:8.1f}")
    print(f"face crops ({CROP_BITS // 8} bytes) an hour")
    for name, of in crops.items():
        print(f"  {name:42}{of(found):7.3f}")
    print("outlines of a set-up page, once and all together")
    print(f"  bits{outlines:45.0f}")
    print(f"  face crops{outlines / CROP_BITS:39.3f}")


if __name__ == "__main__":
    main()
