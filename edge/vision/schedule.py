"""How closely to look at a frame: the full scan is nearly the whole cost of a frame, and rarely needed."""

from enum import Enum


class Look(Enum):
    """What to do with a frame."""

    SCAN = "search the whole picture"
    RECHECK = "look again where people were"
    HOLD = "nothing has changed, or was looked at just now"


class Schedule:
    """Decides by the time since the last scan and by whether anything moved since then.

    A scan is due `scan_seconds` after the last one if something moved, after half of that if it is not settled who is
    there, and `still_seconds` after it in any case. A second look at known faces is due half of `scan_seconds` after
    the last look of either kind: what a face shows lasts longer. Where scans take longer than half of the time between
    them, that time becomes twice what they take; `slow_down` stretches it further, for a hot device.
    """

    def __init__(self, scan_seconds: float, still_seconds: float) -> None:
        self._scan_seconds = scan_seconds
        self._still_seconds = still_seconds
        self._scanned_at: float | None = None
        self._looked_at = 0.0
        self._took = 0.0
        self._slowed = 1.0

    @property
    def between_scans(self) -> float:
        """Seconds from one scan to the next where something moves."""
        return max(self._scan_seconds * self._slowed, 2 * self._took)

    @property
    def is_throttled(self) -> bool:
        """Whether scans are rarer than the configuration asks for."""
        return self.between_scans > self._scan_seconds

    def look(self, now: float, *, moved: bool, unsettled: bool) -> Look:
        """Decide for a frame at `now`, seconds of a clock that never steps.

        Args:
            now: time of the frame.
            moved: whether it differs from the last frame that was scanned.
            unsettled: whether someone is yet to be confirmed, or was missed by the latest look.

        """
        since = float("inf") if self._scanned_at is None else now - self._scanned_at
        between = self.between_scans
        due = between / 2 if unsettled else between if moved else max(self._still_seconds, between)
        if since >= due:
            return Look.SCAN
        return Look.RECHECK if moved and now - self._looked_at >= between / 2 else Look.HOLD

    def scanned(self, now: float, took: float) -> None:
        """Note that the frame at `now` was scanned in `took` seconds."""
        self._scanned_at, self._took = now, took
        self._looked_at = now

    def rechecked(self, now: float) -> None:
        """Note that known faces were looked at again at `now`."""
        self._looked_at = now

    def slow_down(self, factor: float) -> None:
        """Let `factor` times as long pass between scans; 1 is the configured pace."""
        self._slowed = factor

    def reset(self) -> None:
        """Let the next frame be scanned."""
        self._scanned_at = None
