"""What Home Assistant is told of a device: one payload of MQTT device discovery, as closed as its own schema.

https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload. It says nothing that `info` does not say.
"""

import re
from typing import Any, get_args

from edge import __version__
from edge.config import Settings
from edge.contract.home_assistant import (
    Absent,
    Availability,
    BinarySensor,
    DeviceNote,
    Discovery,
    Origin,
    Sensor,
    Switch,
)
from edge.contract.records import EMOTIONS, HEALTH_SECONDS, PrivacyNote, Suppression
from edge.contract.topics import Topics

_MISSED = 3
"""So many messages in a row that do not come make a value unavailable."""
_ICONS = {
    "angry": "mdi:emoticon-angry-outline",
    "disgust": "mdi:emoticon-sick-outline",
    "fear": "mdi:emoticon-frown-outline",
    "happy": "mdi:emoticon-happy-outline",
    "sad": "mdi:emoticon-sad-outline",
    "surprise": "mdi:emoticon-excited-outline",
    "neutral": "mdi:emoticon-neutral-outline",
}
# Null is rendered as None, which Home Assistant shows as unknown.
_CAMERA_PROBLEM = "{{ 'OFF' if value_json.camera and not value_json.camera.error else 'ON' }}"
_NOTHING_SUPPRESSED = "nothing"


def accepts(device: str) -> bool:
    """Whether Home Assistant takes the device's id as a level of its topic."""
    return re.fullmatch("[a-zA-Z0-9_-]+", device) is not None


def discovery(settings: Settings, topics: Topics, device: str, privacy: PrivacyNote) -> str:
    """Return the payload as JSON; `privacy` are the settings in force, which say whether there is an `other`."""
    payload = Discovery(
        device=DeviceNote(
            identifiers=[device],
            name=f"emotion-edge {settings.device.room}",
            sw_version=__version__,
            suggested_area=settings.device.room,
        ),
        origin=Origin(sw_version=__version__),
        availability=[Availability(topic=topics.status)],
        components=_components(settings, topics, device, privacy),
    )
    return payload.model_dump_json(exclude_none=True)


def _components(
    settings: Settings, topics: Topics, device: str, privacy: PrivacyNote
) -> dict[str, Sensor | BinarySensor | Switch | Absent]:
    def about(key: str, topic: str, period: int) -> dict[str, Any]:
        return {"unique_id": f"{device}_{key}", "state_topic": topic, "expire_after": _MISSED * period}

    def people(key: str, name: str, path: str, icon: str, precision: int = 1) -> Sensor:
        return Sensor(
            **about(key, topics.counts, settings.interval_seconds),
            name=name,
            value_template=f"{{{{ value_json.{path} }}}}",
            state_class="measurement",
            unit_of_measurement="people",
            suggested_display_precision=precision,
            icon=icon,
        )

    told: dict[str, Sensor | BinarySensor | Switch | Absent] = {
        "faces_mean": people("faces_mean", "Faces mean", "faces.mean", "mdi:account-group"),
        "faces_max": people("faces_max", "Faces max", "faces.max", "mdi:account-group-outline", 0),
    }
    for name in EMOTIONS:
        told[name] = people(name, name.capitalize(), f"emotions.{name}", _ICONS[name])
    told["unsure"] = people("unsure", "Unsure", "unsure", "mdi:help-circle-outline")
    told["other"] = people("other", "Other", "other", "mdi:dots-horizontal")
    told["emotions_error"] = people("emotions_error", "Emotions error", "emotions_error", "mdi:plus-minus-variant")
    if settings.mode == "presence":
        told |= dict.fromkeys((*EMOTIONS, "unsure", "other", "emotions_error"), Absent())
    elif not privacy.min_cell:
        told["other"] = Absent()

    def healthy(key: str) -> dict[str, Any]:
        period = max(HEALTH_SECONDS, settings.interval_seconds)
        return about(key, topics.health, period) | {"entity_category": "diagnostic"}

    told["suppressed"] = Sensor(
        **about("suppressed", topics.counts, settings.interval_seconds),
        name="Suppressed",
        value_template=f"{{{{ value_json.suppressed or '{_NOTHING_SUPPRESSED}' }}}}",
        device_class="enum",
        options=[_NOTHING_SUPPRESSED, *get_args(Suppression)],
        entity_category="diagnostic",
        icon="mdi:shield-account",
    )
    told["camera"] = BinarySensor(
        **healthy("camera"),
        name="Camera",
        value_template=_CAMERA_PROBLEM,
    )
    told["soc_celsius"] = Sensor(
        **healthy("soc_celsius"),
        name="SoC temperature",
        value_template="{{ value_json.soc_celsius }}",
        device_class="temperature",
        state_class="measurement",
        unit_of_measurement="°C",
        suggested_display_precision=0,
    )
    told["backlog"] = Sensor(
        **healthy("backlog"),
        name="Backlog",
        value_template="{{ value_json.backlog }}",
        state_class="measurement",
        unit_of_measurement="records",
        enabled_by_default=False,
        icon="mdi:tray-full",
    )
    told["pause"] = Switch(
        unique_id=f"{device}_pause",
        name="Pause",
        state_topic=topics.pause,
        command_topic=topics.pause_set,
        icon="mdi:pause-circle-outline",
    )
    return told
