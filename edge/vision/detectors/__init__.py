"""Face detectors, one file for each kind, and which one a configuration names."""

import cv2

from edge.config import Vision
from edge.vision.detectors.base import Detector


def make_detector(settings: Vision) -> Detector:
    """Return the detector that `settings.detector` names.

    Raises:
        ConfigError: the cascade, or YuNet's file, is missing or damaged.

    """
    cv2.setNumThreads(settings.threads)
    cv2.ocl.setUseOpenCL(False)  # a graphics processor's memory is not swept by ours, and starting it takes seconds
    if settings.detector == "yunet":
        from edge.vision.detectors.yunet import YuNetDetector  # noqa: PLC0415 - only where it was asked for

        return YuNetDetector(settings)
    from edge.vision.detectors.haar import HaarDetector  # noqa: PLC0415

    return HaarDetector(settings)
