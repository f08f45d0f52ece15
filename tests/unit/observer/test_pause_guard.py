"""The camera is closed while anyone holds the pause, and the lamp shows it."""

from typing import Any

from edge.config import Pause
from edge.contract.records import PauseOrder
from edge.observer.pause_guard import PauseGuard
from edge.pause.control import PauseControl
from edge.pause.memory import Memory


class Parts:
    """What a guard acts upon; notes what it does."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def pause(self) -> None:
        self.done.append("close")

    def show(self, *, watching: bool) -> None:
        self.done.append("lamp on" if watching else "lamp off")


def test_the_first_holder_closes_the_camera_and_the_last_one_opens_it() -> None:
    parts: Any = Parts()
    control = PauseControl(Pause(button_gpio=17), Memory(remote=False, button=False))
    guard = PauseGuard(control, parts, parts, lambda: parts.done.append("forget"))
    assert not guard.poll()
    assert parts.done == ["lamp on"]
    control.press()
    assert guard.poll()
    assert parts.done[1:] == ["close", "forget", "lamp off"]
    control.order(PauseOrder(remote=True))
    assert guard.poll()
    assert guard.holders == "remote, button"
    control.press()
    assert guard.poll()
    assert parts.done[1:] == ["close", "forget", "lamp off", "lamp off", "lamp off"], "it is closed once"
    assert not guard.poll()
    assert len(parts.done) == 6
    control.order(PauseOrder(remote=False))
    assert guard.poll()
    assert (parts.done[-1], guard.holders) == ("lamp on", "")


def test_what_was_paused_before_the_start_is_closed_at_the_first_look() -> None:
    parts: Any = Parts()
    guard = PauseGuard(PauseControl(Pause(), Memory(remote=True, button=False)), parts, parts, lambda: None)
    assert guard.poll()
    assert parts.done == ["close", "lamp off"]


def test_the_lamp_is_lit_where_a_pause_ended_while_the_model_was_loaded() -> None:
    """The lamp is dark then, as nobody was to open the camera; it stayed so with an open one until the next pause."""
    parts: Any = Parts()
    control = PauseControl(Pause(), Memory(remote=True, button=False))
    guard = PauseGuard(control, parts, parts, lambda: None)
    control.order(PauseOrder(remote=False))
    guard.poll()
    assert parts.done == ["lamp on"]
