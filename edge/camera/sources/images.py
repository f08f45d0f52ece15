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
    """Pictures in the order of their names, each shown for 10 s at the native pace, or once at the fast one."""

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
                self._folder, "holds no picture", f"put files ending in {', '.join(sorted(SUFFIXES))} there"
            )

    def grab(self) -> None:
        """Load the next picture when the present one's time is up."""
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
        """Return the present picture."""
        assert self._picture is not None
        return self._picture

    def close(self) -> None:
        """Forget the present picture."""
        self._picture = None


def read_luma(path: Path) -> Luma:
    """Read a picture file as grey.

    Raises:
        CameraUnreadable: it is missing, empty, truncated or no picture.

    """
    picture: MatLike | None = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None:
        problem = "is no picture that can be decoded" if path.is_file() else "no such file"
        raise CameraUnreadable(path, problem, "give a JPEG, PNG, BMP or WebP file")
    return picture.astype("uint8", copy=False)
