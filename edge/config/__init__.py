"""One typed, frozen model of the TOML configuration: every field with its unit, default and meaning."""

from edge.config.settings import (
    CREDENTIAL,
    SHIPPED_MODELS,
    TOPIC_LEVEL,
    Broker,
    CameraSettings,
    HomeAssistant,
    Metrics,
    Mqtt,
    Pause,
    Privacy,
    Section,
    Settings,
    Spool,
    Vision,
)

__all__ = [
    "CREDENTIAL",
    "SHIPPED_MODELS",
    "TOPIC_LEVEL",
    "Broker",
    "CameraSettings",
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
