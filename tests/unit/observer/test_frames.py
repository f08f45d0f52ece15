"""Frames that are rare, late or of another size: who is in view is counted once, or is not said to be counted."""

import logging
from collections.abc import Callable

import numpy as np
import pytest

from edge.camera.sources.base import Luma
from edge.config import Settings, Vision
from edge.contract.records import Counted
from edge.counting.interval import IntervalCounter
from edge.observer.frames import FrameAnalyser
from edge.vision.pipeline import Pipeline
from tests.support.defocus import defocused
from tests.support.pictures import empty_frame, scene_frame

pytestmark = pytest.mark.usefixtures("quick_searches")
PEOPLE = 5


class Camera:
    """Shows five people who move a little; `now` is the time of both, and each frame takes `seconds` to come."""

    facts = None

    def __init__(self, seconds: float = 0.0) -> None:
        self.now = 1000.0
        self.seconds = seconds
        self.empty = False
        self.reduction = 1
        self.change: Callable[[Luma], Luma] = np.array

    def frame(self, _timeout: float) -> Luma:
        self.now += self.seconds
        luma = empty_frame() if self.empty else scene_frame(12.0 + self.now % 1.0)
        return self.change(luma[:: self.reduction, :: self.reduction]).copy()

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Bench:
    """Counts intervals of ten seconds of what the camera shows."""

    def __init__(self, camera: Camera, frames_per_second: float) -> None:
        self.camera = camera
        self.settings = Settings.model_validate({"camera": {"frames_per_second": frames_per_second}})
        self.pipeline = Pipeline(Vision())
        self.frames = FrameAnalyser(self.settings, camera, self.pipeline, lambda: camera.now)  # type: ignore[arg-type]

    def interval(self, seconds: float = 10.0) -> Counted:
        """Return the counts of the next `seconds`."""
        counter = IntervalCounter(0.4)
        self.observe(counter, seconds)
        return counter.close(20)

    def observe(self, counter: IntervalCounter, seconds: float) -> None:
        end = self.camera.now + seconds
        while self.camera.now < end:
            self.frames.step(counter, end, self.camera.sleep)


def test_at_a_tenth_of_a_frame_a_second_people_are_counted() -> None:
    """Each frame was taken for the first after a gap, so nobody was ever confirmed: 0.0 people, withheld for ever."""
    bench = Bench(Camera(), 0.1)
    bench.interval()
    counted = [bench.interval() for _ in range(3)]
    assert [one.faces.mean for one in counted] == [PEOPLE] * 3
    assert counted[-1].frames.analysed == 1


def test_a_device_that_takes_long_for_a_frame_counts_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """As at 3 % of a processor: that is no gap, in which people could have moved without a look at them."""
    bench = Bench(Camera(), 2)
    analyse = bench.pipeline.analyse

    def slowly(luma: Luma, now: float) -> object:
        bench.camera.now += 8
        return analyse(luma, now)

    monkeypatch.setattr(bench.pipeline, "analyse", slowly)
    bench.interval(30)
    assert bench.interval(30).faces.mean == PEOPLE


def test_after_a_camera_was_silent_nobody_of_before_is_counted() -> None:
    bench = Bench(Camera(), 2)
    assert bench.interval().faces.mean == PEOPLE
    bench.camera.now += 60
    bench.camera.empty = True
    assert bench.interval().faces.mean == 0.0


def test_an_interval_in_which_the_camera_starts_anew_counts_nobody_twice() -> None:
    bench = Bench(Camera(), 2)
    bench.interval()
    counter = IntervalCounter(0.4)
    for _ in range(3):
        bench.observe(counter, 5)
        bench.camera.now += 10
    counted = counter.close(30)
    assert (counted.faces.mean, counted.faces.max) == (PEOPLE, PEOPLE)
    assert counted.steady <= PEOPLE


def test_an_interval_in_which_nobody_could_be_confirmed_is_not_observed() -> None:
    """A single frame shows faces, and nothing else did: that is not "fewer than min_group people"."""
    bench = Bench(Camera(), 2)
    counter = IntervalCounter(0.4)
    bench.frames.step(counter, bench.camera.now + 1, bench.camera.sleep)
    assert counter.close(20).frames.analysed == 0
    assert bench.interval().faces.mean == PEOPLE


def test_a_single_frame_without_a_face_is_an_empty_room() -> None:
    bench = Bench(Camera(), 2)
    bench.camera.empty = True
    counter = IntervalCounter(0.4)
    bench.frames.step(counter, bench.camera.now + 1, bench.camera.sleep)
    assert counter.close(20).frames.analysed == 1


@pytest.mark.parametrize("hidden", ["upside down", "on its side", "out of focus"])
def test_a_camera_that_cannot_see_people_is_no_empty_room(hidden: str, caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(Camera(), 2)
    changes: dict[str, Callable[[Luma], Luma]] = {
        "upside down": lambda luma: np.rot90(luma, 2),
        "on its side": np.rot90,
        "out of focus": lambda luma: defocused(luma, 0.03, 1, np.random.default_rng(0)),
    }
    bench.camera.change = changes[hidden]
    with caplog.at_level(logging.INFO):
        assert bench.interval().frames.analysed == 0
        assert bench.frames.picture == hidden.replace(" ", "_")
        bench.camera.change = np.array
        bench.interval()
        assert bench.interval().faces.mean == PEOPLE
    assert [line for line in caplog.messages if hidden in line or line == "a good picture again"] == [
        next(line for line in caplog.messages if hidden in line),
        "a good picture again",
    ]


@pytest.mark.parametrize("sizes", [(1, 2), (2, 1)], ids=["smaller", "larger"])
def test_an_interval_in_which_the_size_changes_counts_nobody_twice(sizes: tuple[int, int]) -> None:
    """Known places beyond the edge of a smaller frame ended the observer; others were looked at in vain."""
    bench = Bench(Camera(), 2)
    bench.camera.reduction = sizes[0]
    bench.interval()
    counter = IntervalCounter(0.4)
    bench.observe(counter, 5)
    bench.camera.reduction = sizes[1]
    bench.observe(counter, 5)
    counted = counter.close(20)
    assert counted.faces.mean == PEOPLE
    assert counted.faces.max == PEOPLE
    assert counted.steady <= PEOPLE


def test_pictures_of_mixed_sizes_as_fast_as_they_come_harm_nothing() -> None:
    bench = Bench(Camera(seconds=0.01), 2)
    bench.settings.camera.__dict__["pace"] = "fast"
    for reduction in (1, 2, 3, 1, 3, 2):
        bench.camera.reduction = reduction
        assert (bench.interval(0.05).faces.max or 0) <= PEOPLE
