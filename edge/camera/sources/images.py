"""A folder of pictures as a source of frames."""

import logging
import time
from pathlib import Path

from edge.camera.errors import CameraEnded, CameraMissing, CameraUnreadable
from edge.camera.facts import CameraFacts
from edge.camera.ipc import MAX_PIXELS
from edge.camera.sources.base import Luma, SourceSettings
from edge.camera.sources.picture import read_luma
from edge.camera.turn import Turn

log = logging.getLogger(__name__)

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
_SECONDS_A_PICTURE = 10.0


class Images:
    """Pictures in the order of their names: each for 10 s at native pace, each once at fast pace.

    A picture that cannot be read is named in the log, once, and left out.
    """

    live = False

    def __init__(self, settings: SourceSettings) -> None:
        self._folder = Path(settings.source)
        self.turn = Turn.of(settings.rotation, mirror=settings.mirror)
        self._settings = settings
        self._files: list[Path] = []
        self._next = 0
        self._unreadable: set[Path] = set()
        self._shown_until = 0.0
        self._picture: Luma | None = None

    def open(self) -> None:
        """List the folder."""
        try:
            self._files = sorted(path for path in self._folder.iterdir() if path.suffix.lower() in SUFFIXES)
        except OSError as error:
            raise CameraMissing(self._folder, f"cannot be listed ({error.strerror})", "check camera.source") from error
        if not self._files:
            raise CameraMissing(
                self._folder, "contains no picture", f"add files that end in {', '.join(sorted(SUFFIXES))}"
            )

    def grab(self) -> None:
        """Load the next picture if the time of the current one is over."""
        now = time.monotonic()
        if self._picture is not None and self._settings.pace == "native" and now < self._shown_until:
            return
        self._picture = self._load()
        self._shown_until = now + _SECONDS_A_PICTURE

    def retrieve(self) -> Luma:
        """Return the current picture."""
        assert self._picture is not None
        return self._picture

    def facts(self) -> CameraFacts:
        """Return that it has no lens and no sensor of its own; settings that need them are refused."""
        return CameraFacts(refused=tuple(self._settings.unsupported))

    def close(self) -> None:
        """Release the current picture."""
        self._picture = None

    def _load(self) -> Luma:
        problem = ""
        for _ in self._files:  # one round at most
            if self._next == len(self._files):
                if not self._settings.loop:
                    shown = self._next - len(self._unreadable)
                    remedy = "set camera.loop = true to repeat it"
                    raise CameraEnded(self._folder, f"ended after {shown} pictures", remedy)
                self._next = 0
            path = self._files[self._next]
            self._next += 1
            try:
                return read_luma(path, MAX_PIXELS)
            except CameraUnreadable as error:
                problem = str(error)
                if path not in self._unreadable:
                    self._unreadable.add(path)
                    log.warning("%s", error)
        raise CameraUnreadable(self._folder, "contains no picture that can be read", f"the last: {problem}")
