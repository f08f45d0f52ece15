"""A folder of pictures as a source of frames."""

import time
from pathlib import Path

import cv2
from cv2.typing import MatLike

from edge.camera.errors import CameraEnded, CameraMissing, CameraUnreadable
from edge.camera.sources.base import Luma, SourceSettings

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})
_SECONDS_A_PICTURE = 10.0


class Images:
    """Pictures in the order of their names: each for 10 s at native pace, each once at fast pace."""

    live = False

    def __init__(self, settings: SourceSettings) -> None:
        self._folder = Path(settings.source)
        self._settings = settings
        self._files: list[Path] = []
        self._next = 0
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
        if self._next == len(self._files):
            if not self._settings.loop:
                raise CameraEnded(
                    self._folder, f"ended after {self._next} pictures", "set camera.loop = true to repeat it"
                )
            self._next = 0
        path = self._files[self._next]
        self._next += 1
        self._picture = read_luma(path)
        self._shown_until = now + _SECONDS_A_PICTURE

    def retrieve(self) -> Luma:
        """Return the current picture."""
        assert self._picture is not None
        return self._picture

    def close(self) -> None:
        """Release the current picture."""
        self._picture = None


def read_luma(path: Path) -> Luma:
    """Read a picture file as grey, (height, width) uint8.

    Raises:
        CameraUnreadable: it is missing, empty, truncated or not a picture.

    """
    picture: MatLike | None = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        problem = "is not a picture that can be decoded" if path.is_file() else "no such file"
        raise CameraUnreadable(path, problem, "give a JPEG, PNG, BMP or WebP file")
    return picture.astype("uint8", copy=False)
