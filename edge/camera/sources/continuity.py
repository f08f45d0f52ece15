"""Whether a stream still shows what the camera sees: OpenCV keeps to the size with which a stream begins.

OpenCV 4.11 converts every frame by the size of the first one (`retrieveFrame` in its cap_ffmpeg_impl.hpp). Where the
pictures become larger within the stream, it returns the last one of the old size for ever. Where they become smaller,
it fills the upper rows with two new pictures side by side and leaves the lower rows as they were. It says neither.
"""

import cv2
import numpy as np

from edge.camera.sources.base import Luma

_BACK_MILLISECONDS = 1000.0
"""Time stamps that go back by more than this are those of another stream; less may be jitter of the camera."""
_LOWER_SHARE = 8
"""The lower eighth of the rows: a stream whose pictures become smaller no longer changes them."""
_LEAST_CONTRAST = 8
"""Grey levels between dark and bright; darkness, also with a lamp in it, and the bars of a letterbox repeat rightly."""
_DARK, _BRIGHT = 2, 98
"""Percentiles."""
_KEY_FRAMES = 2
"""So many whole pictures in a row with the same rows, byte by byte. Between two, a still room may repeat rightly."""
_WITHOUT_TYPES = 5.0
"""Times the patience where OpenCV (before 4.7) does not say which frames are whole pictures."""
_FRAME_TYPE = int(getattr(cv2, "CAP_PROP_FRAME_TYPE", -1))


class Continuity:
    """Follows one capture, from its first frame to its last."""

    def __init__(self, patience: float) -> None:
        """Begin; `patience` is for how many seconds the picture, or the time stamps, may stay as they are."""
        self._patience = patience
        self._latest = -1.0
        self._advanced_at: float | None = None
        self._rows: Luma = np.empty((0, 0), np.uint8)
        self._news_at = 0.0
        self._key_frames = 0
        self._knows_types = False
        self.went_back = False
        """Whether time stamps went back: another stream has begun."""

    def grabbed(self, capture: cv2.VideoCapture, now: float) -> None:
        """Take note of the time stamp and the type of the frame that was grabbed at `now`, seconds."""
        kind = int(capture.get(_FRAME_TYPE))
        self._knows_types |= kind > 0
        self._key_frames += kind == ord("I")
        stamp = capture.get(cv2.CAP_PROP_POS_MSEC)
        if self._latest - stamp > _BACK_MILLISECONDS and stamp >= 0:
            self.went_back = True
            self._latest, self._advanced_at = stamp, now
        elif stamp > self._latest:
            # The first one proves nothing: some streams have no time stamps, and then all are the same.
            self._advanced_at = now if self._latest >= 0 else None
            self._latest = stamp

    def stands_still(self, now: float) -> bool:
        """Return whether the time stamps did advance, and no longer do."""
        return self._advanced_at is not None and now - self._advanced_at > self._patience

    def is_new(self, luma: Luma, now: float) -> bool:
        """Take the (height, width) uint8 frame that was grabbed last; return False where its lower rows are old ones.

        That takes two key frames that did not change them.
        """
        rows = luma[-max(1, len(luma) // _LOWER_SHARE) :]
        if not np.array_equal(rows, self._rows) or _contrast(rows) < _LEAST_CONTRAST:
            self._rows = rows.copy()
            self._news_at = now
            self._key_frames = 0
        return self._key_frames < _KEY_FRAMES

    def is_over(self, now: float) -> bool:
        """Return whether the frames since the last new one prove that there will be no more.

        Where no time stamp went back, that takes `patience` seconds.
        """
        waited = now - self._news_at
        if not self._knows_types:
            return waited > _WITHOUT_TYPES * self._patience
        return self._key_frames >= _KEY_FRAMES and (self.went_back or waited > self._patience)


def _contrast(rows: Luma) -> float:
    dark, bright = np.percentile(rows, (_DARK, _BRIGHT))
    return float(bright - dark)
