"""Whether the camera looks against a window: its exposure follows the bright part, and faces are dark.

Two groups of grey levels with nothing between them, as in Otsu, "A Threshold Selection Method from Gray-Level
Histograms" (IEEE Trans. Systems, Man, and Cybernetics 9, 1979): a saturated part, and a dark rest.
"""

import numpy as np

from edge.vision.light import Cells

_SATURATED = 240
"""Grey levels from which a cell shows nothing but light."""
_LEAST_SATURATED = 0.05
"""Share of the picture: a lamp is smaller."""
_DARK, _DARK_NEARLY_ALL = 60, 110
"""Grey levels that half and that nine tenths of the rest do not exceed: 60 is what a face has at a fifth of its light.
Chosen on every third picture of `faces-dev`; see `docs/design/picture.md`."""


def is_backlit(picture: Cells) -> bool:
    """Whether a frame, averaged to cells (see `edge.vision.light`), has a saturated part and a dark rest."""
    saturated = picture >= _SATURATED
    if not _LEAST_SATURATED <= float(saturated.mean()) < 1:
        return False
    half, nearly_all = np.percentile(picture[~saturated], (50, 90))
    return bool(half <= _DARK and nearly_all <= _DARK_NEARLY_ALL)
