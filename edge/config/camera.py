"""`[camera]`: the source of frames."""

from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from edge.config.section import Section
from edge.config.values import Real, Whole

_NETWORK_SCHEMES = ("rtsp", "rtsps", "http", "https")


class CameraSettings(Section):
    """Where frames come from."""

    source: str = Field(
        "picamera2",
        min_length=1,
        description="picamera2, a USB camera's number or /dev path, rtsp://…, a clip, a folder, or scene (built in)",
    )
    width: Whole = Field(
        1280, ge=160, le=3840, description="pixels asked of a camera; clips and pictures keep their own"
    )
    height: Whole = Field(720, ge=120, le=2160, description="pixels asked of a camera")
    frames_per_second: Real = Field(2.0, gt=0, le=60, description="frames analysed a second")
    pace: Literal["native", "fast"] = Field(
        "native", description="clips and folders: native keeps the clip's own time, fast analyses every frame at once"
    )
    loop: bool = Field(
        default=False, description="clips and folders: start again at the end instead of reporting CameraEnded"
    )
    stall_seconds: Real = Field(
        6.0, ge=1, le=120, description="no frame for so long is a CameraTimeout and restarts the camera"
    )
    retry_cap_seconds: Real = Field(
        60.0, ge=1, le=3600, description="longest wait between two attempts to open the camera"
    )

    @property
    def needs_network(self) -> bool:
        """Whether the process that sees must be able to reach a network for this source."""
        return urlsplit(self.source).scheme in _NETWORK_SCHEMES
