"""Turning and mirroring pictures in software, for what the camera does not do itself."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Turn:
    """What is done to a picture: quarter turns clockwise, then flips.

    Attributes:
        quarters: number of quarter turns clockwise, 0 to 3.
        across: whether left and right are exchanged after that.
        down: whether top and bottom are exchanged after that.

    """

    quarters: int = 0
    across: bool = False
    down: bool = False

    @classmethod
    def of(cls, rotation: int, *, mirror: bool) -> Self:
        """Return the turn for degrees clockwise (0, 90, 180, 270) and a mirror image of the result."""
        if rotation in {0, 180}:  # both as flips, which a camera can do
            return cls(0, (rotation == 180) != mirror, rotation == 180)  # noqa: PLR2004
        return cls(rotation // 90, mirror, down=False)

    def without(self, *, across: bool, down: bool) -> "Turn":
        """Return what is left to do where the camera has already made these flips; this turn has no quarters."""
        return Turn(self.quarters, self.across != across, self.down != down)

    def apply(self, luma: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return a (height, width) uint8 frame turned, C-contiguous; the frame itself where there is nothing to do."""
        if self == Turn():
            return luma
        turned = np.rot90(luma, -self.quarters)
        return np.ascontiguousarray(turned[:: -1 if self.down else 1, :: -1 if self.across else 1])
