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
        description="picamera2, the number or /dev path of a USB camera, rtsp://…, a video file, a folder, or scene "
        "(built-in demo)",
    )
    width: Whole = Field(
        1280,
        ge=160,
        le=3840,
        description="requested frame width in pixels; video files and pictures keep their own size",
    )
    height: Whole = Field(720, ge=120, le=2160, description="requested frame height in pixels; see width")
    frames_per_second: Real = Field(2.0, gt=0, le=60, description="number of frames to analyse per second")
    pace: Literal["native", "fast"] = Field(
        "native",
        description="playback speed of video files and folders; native: real time, fast: as fast as the device can",
    )
    loop: bool = Field(
        default=False, description="restart a video file or folder at its end; false: report CameraEnded"
    )
    stall_seconds: Real = Field(
        6.0, ge=1, le=120, description="seconds without a frame after which the camera is restarted (CameraTimeout)"
    )
    retry_cap_seconds: Real = Field(
        60.0, ge=1, le=3600, description="maximum number of seconds between two attempts to open the camera"
    )

    @property
    def needs_network(self) -> bool:
        """Whether the observer needs a network for this source."""
        return urlsplit(self.source).scheme in _NETWORK_SCHEMES
