"""The whole configuration file."""

from typing import Literal

from pydantic import Field, field_validator

from edge.config.camera import CameraSettings
from edge.config.device import Device
from edge.config.door import Door
from edge.config.home_assistant import HomeAssistant
from edge.config.metrics import Metrics
from edge.config.mqtt import Mqtt
from edge.config.pause import Pause
from edge.config.privacy import Privacy
from edge.config.section import Section
from edge.config.spool import Spool
from edge.config.values import Whole
from edge.config.vision import Vision


class Settings(Section):
    """The whole configuration file."""

    interval_seconds: Whole = Field(
        10,
        ge=5,
        le=3600,
        description="length of an interval in seconds; it must divide an hour (5, 10, 15, 20, 30, 60, …)",
    )
    mode: Literal["emotions", "presence"] = Field(
        "emotions", description="emotions, or presence: count faces only, infer no emotion, load no model"
    )
    device: Device = Device()
    camera: CameraSettings = CameraSettings()
    vision: Vision = Vision()
    privacy: Privacy = Privacy()
    pause: Pause = Pause()
    mqtt: Mqtt = Mqtt()
    home_assistant: HomeAssistant = HomeAssistant()
    metrics: Metrics = Metrics()
    spool: Spool = Spool()
    door: Door = Door()

    @field_validator("interval_seconds")
    @classmethod
    def _divides_an_hour(cls, value: int) -> int:
        if 3600 % value:
            msg = "does not divide an hour, so devices would not count the same intervals; try 5, 10, 15, 20, 30 or 60"
            raise ValueError(msg)
        return value
