"""The announcement of a device to Home Assistant: one payload of MQTT device discovery, as closed as its own schema.

https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload. It holds nothing that `info` does not hold.
"""

import re
from typing import Any, get_args
from urllib.parse import quote

from edge import __version__
from edge.config import Settings
from edge.contract.home_assistant import (
    Absent,
    Availability,
    BinarySensor,
    Connectivity,
    DeviceNote,
    Discovery,
    Origin,
    Sensor,
    Switch,
)
from edge.contract.records import EMOTIONS, HEALTH_SECONDS, Clock, Mode, Picture, PrivacyNote, Suppression
from edge.contract.topics import Topics

Component = Sensor | BinarySensor | Connectivity | Switch | Absent

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
# An empty room is off; with a group that is too small to be published it is not known whether somebody is there.
_OCCUPANCY = "{{ None if value_json.faces.mean is none else 'ON' if value_json.faces.mean else 'OFF' }}"
_PAUSED_BY = "{{ None if value_json.paused_by is none else value_json.paused_by | join(', ') or 'nobody' }}"
# The lower four bits are what holds now: undervoltage, a capped or throttled processor, the limit of temperature.
_THROTTLED = "{{ None if not value_json.throttled else 'ON' if value_json.throttled | int(0, 16) % 16 else 'OFF' }}"
_NOTHING_SUPPRESSED = "nothing"
_NO_PICTURE = "no_picture"


def accepts(device: str) -> bool:
    """Whether Home Assistant takes the device's id as a level of its topic."""
    return re.fullmatch("[a-zA-Z0-9_-]+", device) is not None


def discovery(settings: Settings, topics: Topics, device: str, privacy: PrivacyNote, board: str | None = None) -> str:
    """Return the payload as JSON.

    Args:
        settings: in use.
        topics: of the device.
        device: its id.
        privacy: the settings in force, which say whether there is an `other`.
        board: its name as `info` has it; None: not known.

    """
    payload = Discovery(
        device=DeviceNote(
            identifiers=[device],
            name=f"emotion-edge {settings.device.room}",
            model=board,
            serial_number=device,
            sw_version=__version__,
            configuration_url=_page(settings, device),
            suggested_area=settings.device.room,
        ),
        origin=Origin(sw_version=__version__),
        availability=[Availability(topic=topics.status)],
        state_topic=topics.counts,
        components=_components(settings, topics, device, privacy),
    )
    return payload.model_dump_json(exclude_none=True)


def _page(settings: Settings, device: str) -> str | None:
    """Return the address of the room on the page of the hub; None: no page is configured."""
    page = settings.home_assistant.page
    return f"{page.rstrip('/')}/#/{quote(settings.device.site)}/{quote(device)}" if page else None


def _components(settings: Settings, topics: Topics, device: str, privacy: PrivacyNote) -> dict[str, Component]:
    entities = _Entities(settings, topics, device)
    pause = Switch(
        unique_id=f"{device}_pause",
        name="Pause",
        state_topic=topics.pause,
        command_topic=topics.pause_set,
        icon="mdi:pause-circle-outline",
    )
    connected = Connectivity(
        unique_id=f"{device}_connected", name="Connected", state_topic=topics.status, entity_category="diagnostic"
    )
    counts, state = _counts(entities, settings.mode, privacy), _state(entities)
    return {**counts, **state, **_diagnostics(entities), "connected": connected, "pause": pause}


class _Entities:
    """What the entities of one device have in common."""

    def __init__(self, settings: Settings, topics: Topics, device: str) -> None:
        self._settings = settings
        self._topics = topics
        self._device = device

    def of_counts(self, key: str) -> dict[str, Any]:
        """Return the fields of an entity that reads `counts`, as those do that name no topic."""
        return self._of(key, None, self._settings.interval_seconds)

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

    def _of(self, key: str, topic: str | None, period: int) -> dict[str, Any]:
        return {"unique_id": f"{self._device}_{key}", "state_topic": topic, "expire_after": _MISSED * period}


def _counts(entities: _Entities, mode: Mode, privacy: PrivacyNote) -> dict[str, Component]:
    people = entities.people
    found: dict[str, Component] = {
        "occupancy": BinarySensor(
            **entities.of_counts("occupancy"),
            name="Occupancy",
            value_template=_OCCUPANCY,
            device_class="occupancy",
        ),
        "faces_mean": people("faces_mean", "People", "faces.mean", "mdi:account-group"),
        "faces_max": people("faces_max", "Most people at once", "faces.max", "mdi:account-group-outline", 0),
    }
    for name in EMOTIONS:
        found[name] = people(name, name.capitalize(), f"emotions.{name}", _ICONS[name])
    found["unsure"] = people("unsure", "Unsure", "unsure", "mdi:help-circle-outline")
    found["other"] = people("other", "Other", "other", "mdi:dots-horizontal")
    found["emotions_error"] = people(
        "emotions_error", "Possibly wrong emotion", "emotions_error", "mdi:plus-minus-variant"
    )
    if mode == "presence":
        found |= dict.fromkeys((*EMOTIONS, "unsure", "other", "emotions_error"), Absent())
    elif not privacy.min_cell:
        found["other"] = Absent()
    found["suppressed"] = Sensor(
        **entities.of_counts("suppressed"),
        name="Withheld because",
        value_template=f"{{{{ value_json.suppressed or '{_NOTHING_SUPPRESSED}' }}}}",
        device_class="enum",
        options=[_NOTHING_SUPPRESSED, *get_args(Suppression)],
        entity_category="diagnostic",
        icon="mdi:shield-account",
    )
    return found


def _state(entities: _Entities) -> dict[str, Component]:
    """Return what a person in the room, or who looks after it, asks first."""
    return {
        "camera": BinarySensor(**entities.of_health("camera"), name="Camera problem", value_template=_CAMERA_PROBLEM),
        "paused_by": Sensor(
            **entities.of_health("paused_by"),
            name="Paused by",
            value_template=_PAUSED_BY,
            icon="mdi:account-cancel-outline",
        ),
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
    }


def _diagnostics(entities: _Entities) -> dict[str, Component]:
    return {
        **_machine(entities),
        "seconds_between_scans": Sensor(
            **entities.of_health("seconds_between_scans"),
            name="Seconds between searches",
            value_template="{{ value_json.seconds_between_scans }}",
            device_class="duration",
            state_class="measurement",
            unit_of_measurement="s",
            suggested_display_precision=1,
        ),
        "dropped": Sensor(
            **entities.of_health("dropped"),
            name="Dropped records",
            value_template="{{ value_json.dropped }}",
            state_class="total_increasing",
            unit_of_measurement="records",
            icon="mdi:tray-remove",
        ),
        "backlog": Sensor(
            **entities.of_health("backlog"),
            name="Records waiting",
            value_template="{{ value_json.backlog }}",
            state_class="measurement",
            unit_of_measurement="records",
            enabled_by_default=False,
            icon="mdi:tray-full",
        ),
    }


def _machine(entities: _Entities) -> dict[str, Component]:
    return {
        "clock": Sensor(
            **entities.of_health("clock"),
            name="Clock",
            value_template="{{ value_json.clock }}",
            device_class="enum",
            options=list(get_args(Clock)),
            icon="mdi:clock-check-outline",
        ),
        "throttled": BinarySensor(
            **entities.of_health("throttled"), name="Undervoltage or throttled", value_template=_THROTTLED
        ),
        "soc_celsius": Sensor(
            **entities.of_health("soc_celsius"),
            name="Processor temperature",
            value_template="{{ value_json.soc_celsius }}",
            device_class="temperature",
            state_class="measurement",
            unit_of_measurement="°C",
            suggested_display_precision=0,
        ),
    }
