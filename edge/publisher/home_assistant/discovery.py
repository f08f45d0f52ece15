"""The announcement of a device to Home Assistant: one payload of MQTT device discovery, as closed as its own schema.

https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload. It holds nothing that `info` does not hold.
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
from edge.contract.records import EMOTIONS, HEALTH_SECONDS, Mode, Picture, PrivacyNote, Suppression
from edge.contract.topics import Topics

Component = Sensor | BinarySensor | Switch | Absent

_MISSED = 3
"""A value becomes unavailable when this many messages in a row are missing."""
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
_PRACTICE = "{{ 'ON' if value_json.practice else 'OFF' }}"
_NOTHING_SUPPRESSED = "nothing"
_NO_PICTURE = "no_picture"


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


def _components(settings: Settings, topics: Topics, device: str, privacy: PrivacyNote) -> dict[str, Component]:
    entities = _Entities(settings, topics, device)
    pause = Switch(
        unique_id=f"{device}_pause",
        name="Pause",
        state_topic=topics.pause,
        command_topic=topics.pause_set,
        icon="mdi:pause-circle-outline",
    )
    return {**_counts(entities, settings.mode, privacy), **_diagnostics(entities), "pause": pause}


class _Entities:
    """What the entities of one device have in common."""

    def __init__(self, settings: Settings, topics: Topics, device: str) -> None:
        self._settings = settings
        self._topics = topics
        self._device = device

    def of_counts(self, key: str) -> dict[str, Any]:
        """Return the fields of an entity that reads `counts`."""
        return self._of(key, self._topics.counts, self._settings.interval_seconds)

    def of_health(self, key: str) -> dict[str, Any]:
        """Return the fields of an entity that reads `health`."""
        period = max(HEALTH_SECONDS, self._settings.interval_seconds)
        return self._of(key, self._topics.health, period) | {"entity_category": "diagnostic"}

    def people(self, key: str, name: str, path: str, icon: str, precision: int = 1) -> Sensor:
        """Return an entity that is a number of people; `path` is its place in the payload of `counts`."""
        return Sensor(
            **self.of_counts(key),
            name=name,
            value_template=f"{{{{ value_json.{path} }}}}",
            state_class="measurement",
            unit_of_measurement="people",
            suggested_display_precision=precision,
            icon=icon,
        )

    def _of(self, key: str, topic: str, period: int) -> dict[str, Any]:
        return {"unique_id": f"{self._device}_{key}", "state_topic": topic, "expire_after": _MISSED * period}


def _counts(entities: _Entities, mode: Mode, privacy: PrivacyNote) -> dict[str, Component]:
    people = entities.people
    found: dict[str, Component] = {
        "faces_mean": people("faces_mean", "Faces mean", "faces.mean", "mdi:account-group"),
        "faces_max": people("faces_max", "Faces max", "faces.max", "mdi:account-group-outline", 0),
    }
    for name in EMOTIONS:
        found[name] = people(name, name.capitalize(), f"emotions.{name}", _ICONS[name])
    found["unsure"] = people("unsure", "Unsure", "unsure", "mdi:help-circle-outline")
    found["other"] = people("other", "Other", "other", "mdi:dots-horizontal")
    found["emotions_error"] = people("emotions_error", "Emotions error", "emotions_error", "mdi:plus-minus-variant")
    if mode == "presence":
        found |= dict.fromkeys((*EMOTIONS, "unsure", "other", "emotions_error"), Absent())
    elif not privacy.min_cell:
        found["other"] = Absent()
    found["suppressed"] = Sensor(
        **entities.of_counts("suppressed"),
        name="Suppressed",
        value_template=f"{{{{ value_json.suppressed or '{_NOTHING_SUPPRESSED}' }}}}",
        device_class="enum",
        options=[_NOTHING_SUPPRESSED, *get_args(Suppression)],
        entity_category="diagnostic",
        icon="mdi:shield-account",
    )
    return found


def _diagnostics(entities: _Entities) -> dict[str, Component]:
    return {
        "camera": BinarySensor(**entities.of_health("camera"), name="Camera", value_template=_CAMERA_PROBLEM),
        "practice": BinarySensor(
            **entities.of_health("practice"), name="Practice", value_template=_PRACTICE, device_class=None
        ),
        "picture": Sensor(
            **entities.of_health("picture"),
            name="Picture",
            value_template=f"{{{{ value_json.picture or '{_NO_PICTURE}' }}}}",
            device_class="enum",
            options=[_NO_PICTURE, *get_args(Picture)],
            icon="mdi:image-check-outline",
        ),
        "soc_celsius": Sensor(
            **entities.of_health("soc_celsius"),
            name="SoC temperature",
            value_template="{{ value_json.soc_celsius }}",
            device_class="temperature",
            state_class="measurement",
            unit_of_measurement="°C",
            suggested_display_precision=0,
        ),
        "backlog": Sensor(
            **entities.of_health("backlog"),
            name="Backlog",
            value_template="{{ value_json.backlog }}",
            state_class="measurement",
            unit_of_measurement="records",
            enabled_by_default=False,
            icon="mdi:tray-full",
        ),
    }
