"""Valid settings with which nobody, or nobody in most intervals, can be counted."""

from collections.abc import Iterator

from edge.config.notice import Notice
from edge.config.settings import Settings

_GRID = 40
"""Points across and down at which it is tested whether zones leave anything of the picture."""
_CERTAIN = 0.99
"""No model is surer than this of a face or of an emotion."""
_LONG_SECONDS = 60.0
"""Someone who moves by the width of their head within this time begins anew."""


def uncountable(settings: Settings) -> Iterator[Notice]:
    """Yield what keeps people from being counted, each with the setting to change."""
    yield from _pace(settings)
    yield from _vision(settings)


def _pace(settings: Settings) -> Iterator[Notice]:
    rate, interval = settings.camera.frames_per_second, settings.interval_seconds
    vision, period = settings.vision, 1 / rate
    if rate * interval < 1:
        fact = f"a frame every {period:g} s, so intervals of {interval} s without a frame are not observed"
        yield Notice("camera.frames_per_second", fact, f"set it to {_rounded(2 / interval)} or more")
    elif rate * interval < 2:  # noqa: PLR2004 - one frame cannot show who stayed
        fact = f"one frame in an interval of {interval} s, so who passes by counts as much as who stays"
        yield Notice("camera.frames_per_second", fact, f"set it to {_rounded(2 / interval)} or more")
    scan = max(period, vision.scan_seconds / 2)
    confirmed = (vision.confirm_hits - 1) * scan
    if confirmed > _LONG_SECONDS:
        fact = (
            f"{vision.confirm_hits} detections {scan:g} s apart, so a person counts after {confirmed:g} s in one place"
        )
        yield Notice("vision.confirm_hits", fact, "set it to 2, or vision.scan_seconds to less")
    look = max(period, vision.scan_seconds if settings.mode == "presence" else vision.scan_seconds / 2)
    if rate * interval >= 1 and look > interval:
        fact = f"a look at the room every {look:g} s, so intervals of {interval} s without one are not observed"
        yield Notice("vision.scan_seconds", fact, f"set it to {interval} or less, or lengthen interval_seconds")


def _vision(settings: Settings) -> Iterator[Notice]:
    vision, camera = settings.vision, settings.camera
    width = min(vision.scan_width, camera.width)
    height = round(width * camera.height / camera.width)
    if vision.detector == "haar" and vision.min_face > min(width, height):
        fact = f"a face of {vision.min_face} pixels does not fit into the searched picture ({width} x {height})"
        yield Notice("vision.min_face", fact, "set it to 25")
    if vision.ignore and not _leaves_room(vision.ignore):
        yield Notice("vision.ignore", "the zones cover the whole picture", "see `emotion-edge aim`")
    if settings.mode == "presence":
        return
    if vision.min_face_score > _CERTAIN:
        fact = f"no face is as sure as {vision.min_face_score:g}, so nobody is counted"
        yield Notice("vision.min_face_score", fact, "set it to 0.5")
    if vision.unsure_below > _CERTAIN:
        fact = f"no emotion is as sure as {vision.unsure_below:g}, so everyone is unsure"
        yield Notice("vision.unsure_below", fact, "set it to 0.4")


def _leaves_room(zones: tuple[tuple[float, float, float, float], ...]) -> bool:
    places = [(number + 0.5) / _GRID for number in range(_GRID)]
    return any(
        not any(left <= x < left + across and top <= y < top + down for left, top, across, down in zones)
        for x in places
        for y in places
    )


def _rounded(rate: float) -> float:
    """Return a rate that a person would write, and no smaller one."""
    return -(-rate * 100 // 1) / 100
