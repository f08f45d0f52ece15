"""One typed, frozen model of the TOML configuration: every field with its unit, default and meaning."""

from edge.config.camera import CameraSettings
from edge.config.device import Device
from edge.config.home_assistant import HomeAssistant
from edge.config.metrics import Metrics
from edge.config.mqtt import Broker, Mqtt
from edge.config.pause import Pause
from edge.config.privacy import Privacy
from edge.config.secret import CREDENTIAL
from edge.config.section import Section
from edge.config.settings import Settings
from edge.config.spool import Spool
from edge.config.values import TOPIC_LEVEL
from edge.config.vision import SHIPPED_MODELS, Vision

__all__ = [
    "CREDENTIAL",
    "SHIPPED_MODELS",
    "TOPIC_LEVEL",
    "Broker",
    "CameraSettings",
    "Device",
    "HomeAssistant",
    "Metrics",
    "Mqtt",
    "Pause",
    "Privacy",
    "Section",
    "Settings",
    "Spool",
    "Vision",
]
