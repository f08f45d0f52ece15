"""What Home Assistant is told of a device: one payload of MQTT device discovery, as closed as its own schema.

https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload. It says nothing that `info` does not say.
"""

import re
from typing import Any, Literal, get_args

from pydantic import Field

from edge import __version__
from edge.config import Settings
from edge.contract.records import EMOTIONS, HEALTH_SECONDS, Level, PrivacyNote, Record, Suppression
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


class _Entity(Record):
    unique_id: str
    name: str = Field(min_length=1, max_length=40)
    state_topic: str
    icon: str | None = Field(None, pattern="^mdi:[a-z-]+$")
    entity_category: Literal["diagnostic"] | None = None
    enabled_by_default: Literal[False] | None = None


class _Value(_Entity):
    value_template: str = Field(pattern=r"^\{\{ .+ \}\}$")
    expire_after: int = Field(ge=15)


class Sensor(_Value):
    """A number or a word; `expire_after` seconds without a message it is unavailable."""

    platform: Literal["sensor"] = "sensor"
    state_class: Literal["measurement"] | None = None
    unit_of_measurement: Literal["people", "records", "°C"] | None = None
    device_class: Literal["temperature", "enum"] | None = None
    options: list[str] | None = None
    suggested_display_precision: int | None = None


class BinarySensor(_Value):
    """On where there is a problem."""

    platform: Literal["binary_sensor"] = "binary_sensor"
    device_class: Literal["problem"] = "problem"


class Switch(_Entity):
    """Its command is never retained: Home Assistant's default."""

    platform: Literal["switch"] = "switch"
    command_topic: str


class Absent(Record):
    """The whole description of an entity that is to be removed where a former payload had it."""

    platform: Literal["sensor"] = "sensor"


class DeviceNote(Record):
    """Who the entities belong to."""

    identifiers: list[Level] = Field(min_length=1, max_length=1)
    name: str
    manufacturer: Literal["emotion-edge"] = "emotion-edge"
    sw_version: str
    suggested_area: Level


class Origin(Record):
    """Who wrote the payload."""

    name: Literal["emotion-edge"] = "emotion-edge"
    sw_version: str


class Availability(Record):
    """`online` and `offline` are Home Assistant's defaults, too."""

    topic: str


class Discovery(Record):
    """The payload of `<prefix>/device/<device>/config`; what is null is left out."""

    device: DeviceNote
    origin: Origin
    availability: list[Availability] = Field(min_length=1, max_length=1)
    qos: Literal[1] = 1
    components: dict[str, Sensor | BinarySensor | Switch | Absent]


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
    if settings.mode == "presence":
        told |= dict.fromkeys((*EMOTIONS, "unsure", "other"), Absent())
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
