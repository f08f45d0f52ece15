"""Keeps the camera closed while anyone holds the pause."""

import logging
from collections.abc import Callable

from edge.camera.camera import CameraControl
from edge.contract.records import PausedBy
from edge.pause.control import PauseControl
from edge.pause.panel import Panel

log = logging.getLogger(__name__)


class PauseGuard:
    """Closes the camera when the first holder comes; the lamp shows whether it may be open."""

    def __init__(
        self, control: PauseControl, camera: CameraControl, panel: Panel, on_pause: Callable[[], None]
    ) -> None:
        """Take the parts; `on_pause` is called when the camera was closed."""
        self._control = control
        self._camera = camera
        self._panel = panel
        self._on_pause = on_pause
        self.paused_by = PausedBy(remote=False, schedule=False, button=False)
        """Who holds the pause, as of the last `poll`."""
        self._has_shown = False

    def poll(self) -> bool:
        """Ask who holds the pause, open or close the camera accordingly; return whether the holders changed."""
        before, self.paused_by = self.paused_by, self._control.now()
        has_changed = self.paused_by != before
        if self.paused_by and not before:
            self._camera.pause()
            self._on_pause()
        if has_changed or not self._has_shown:  # a pause that held while the parts were made may be over
            self._panel.show(watching=not self.paused_by)
            self._has_shown = True
        if not has_changed:
            return False
        if self.paused_by:
            log.info("paused by %s: the camera is closed", self.holders)
        else:
            log.info("the pause is over")
        return True

    @property
    def holders(self) -> str:
        """Names of those who hold the pause, with commas; empty while observing."""
        return ", ".join(name for name, holds in self.paused_by if holds)
