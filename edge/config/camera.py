"""`[camera]`: the source of frames."""

import os
from typing import Literal, Self

from pydantic import Field, ValidationError, field_validator, model_validator

from edge.config import address
from edge.config.secret import read_password
from edge.config.section import Section
from edge.config.values import Real, Whole
from edge.errors import UnusableInput

PASSWORD = "EMOTION_EDGE_CAMERA_PASSWORD"  # noqa: S105 - the name of an environment variable, not a password

_NEAREST_FOCUS = 0.05


class CameraSettings(Section):
    """Where frames come from."""

    source: str = Field(
        "picamera2",
        min_length=1,
        repr=False,  # it may hold a password
        description="picamera2 (of several: picamera2:1 or picamera2:imx708, by number or model), the number or /dev "
        "path of a USB camera (/dev/v4l/by-id/… stays the same when others are plugged in), rtsp://…, a video file, a "
        "folder, or scene (built-in demo)",
    )
    password_file: str = Field(
        "",
        description="file that holds the password for rtsp://USER@HOST/… and nothing else, or credential:NAME; "
        "read at the start and at a reload",
    )
    width: Whole = Field(
        1280,
        ge=160,
        le=3840,
        description="requested frame width in pixels; video files and pictures keep their own size",
    )
    height: Whole = Field(720, ge=120, le=2160, description="requested frame height in pixels; see width")
    rotation: Literal[0, 90, 180, 270] = Field(
        0,
        description="degrees clockwise by which the picture is turned before anything else; 180: the camera hangs "
        "upside down; 90 and 270 exchange width and height, and vision.ignore counts in the turned picture",
    )
    mirror: bool = Field(default=False, description="exchange left and right, after the rotation")
    zoom: Real = Field(
        1.0,
        ge=1,
        le=8,
        description="1: all that the lens sees; 2: the middle half of its width, and so on. Only for a camera module, "
        "as are all following keys up to tuning_file",
    )
    focus_metres: Real = Field(
        0.0,
        ge=0,
        le=100,
        description="distance at which a lens with autofocus (Module 3) is fixed, 0.05 to 100 metres; 0: it focuses by "
        "itself, and is fixed at 2.5 m where it finds nothing sharp for half a minute",
    )
    flicker_hz: Literal["auto", 0, 50, 60] = Field(
        "auto",
        description="frequency of the mains, 50 or 60 Hz, so that lamps cause no stripes; auto: by the time zone of "
        "the device; 0: lamps do not flicker",
    )
    longest_exposure_ms: Real = Field(
        50.0,
        ge=1,
        le=200,
        description="milliseconds for which a picture may be exposed in poor light; less blurs moving heads less, is "
        "darker, and costs processor time, because the sensor then delivers more pictures",
    )
    metering: Literal["centre", "matrix", "spot"] = Field(
        "centre", description="part of the picture that the exposure is measured by; matrix: all of it alike"
    )
    backlight: bool = Field(
        default=False,
        description="people sit before windows: HDR on a Pi 5, elsewhere the picture is made one stop brighter",
    )
    tuning_file: str = Field(
        "",
        description="tuning file of libcamera, by its name such as imx219_noir.json (a camera without infrared filter) "
        "or by its path; empty: that of the sensor",
    )
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

    @field_validator("source")
    @classmethod
    def _address(cls, value: str) -> str:
        if address.is_network(value) and not address.is_address(value):
            msg = (
                "is not an address, or a character of its password is not escaped; write rtsp://USER@HOST/PATH and set "
                "camera.password_file, or write / as %2F, ? as %3F, # as %23 and @ as %40"
            )
            raise ValueError(msg)
        return value

    @field_validator("focus_metres")
    @classmethod
    def _focus(cls, value: float) -> float:
        if 0 < value < _NEAREST_FOCUS:
            msg = f"must be 0 or at least {_NEAREST_FOCUS:g}"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _password(self) -> Self:
        if self.password_file and (not address.user(self.source) or address.has_password(self.source)):
            msg = "password_file needs a source that names a user and no password; write rtsp://USER@HOST/PATH"
            raise ValueError(msg)
        return self

    @property
    def needs_network(self) -> bool:
        """Whether the observer needs a network for this source."""
        return address.is_network(self.source)

    @property
    def shown(self) -> str:
        """The source as it may be logged and printed: without any password."""
        return address.shown(self.source)

    def complete_source(self) -> str:
        """Return the source with its password, which comes from `password_file` or the environment; never to be shown.

        Raises:
            ConfigError: the file cannot be used.

        """
        if not address.user(self.source) or address.has_password(self.source):
            return self.source
        if self.password_file:
            return address.with_password(self.source, read_password(self.password_file, "camera.password_file"))
        password = os.environ.get(PASSWORD)
        return address.with_password(self.source, password) if password else self.source

    def with_source(self, source: str) -> Self:
        """Return these settings with the source of a command line.

        Raises:
            UnusableInput: it is empty, or an address that is none or holds a password.

        """
        if not source:
            raise UnusableInput("--source", "is empty", "name a camera, a clip, a folder or scene")
        if not address.is_network(source):  # the name of a file may be any bytes, which no validator lets pass
            return self.model_copy(update={"source": source, "password_file": ""})
        if address.has_password(source) and address.is_address(source):
            problem = "holds a password where every user of this machine can read it"
            remedy = f"write rtsp://USER@HOST/PATH and set camera.password_file or the environment {PASSWORD}"
            raise UnusableInput(address.shown(source), problem, remedy)
        try:
            return self.model_validate(self.model_dump() | {"source": source})
        except ValidationError as error:
            reason = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
            raise UnusableInput(address.shown(source), reason, "") from error
