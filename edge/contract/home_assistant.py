"""The payload of the discovery topic, from which Home Assistant creates the entities of a device.

Source: https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload
"""

from typing import Literal

from pydantic import Field

from edge.contract.records import Level, Record


class _Entity(Record):
    unique_id: str
    name: str = Field(min_length=1, max_length=40)
    state_topic: str | None = None
    icon: str | None = Field(None, pattern="^mdi:[a-z-]+$")
    entity_category: Literal["diagnostic"] | None = None
    enabled_by_default: Literal[False] | None = None


class _Value(_Entity):
    value_template: str = Field(pattern=r"^\{\{ .+ \}\}$")
    expire_after: int = Field(ge=15)


class Sensor(_Value):
    """A number or a word; it becomes unavailable after `expire_after` seconds without a message."""

    platform: Literal["sensor"] = "sensor"
    state_class: Literal["measurement", "total_increasing"] | None = None
    unit_of_measurement: Literal["people", "records", "s", "°C"] | None = None
    device_class: Literal["duration", "enum", "temperature"] | None = None
    options: list[str] | None = None
    suggested_display_precision: int | None = None


class BinarySensor(_Value):
    """On while something holds; of the class `problem`, while there is a problem."""

    platform: Literal["binary_sensor"] = "binary_sensor"
    device_class: Literal["occupancy", "problem"] | None = "problem"


class Connectivity(_Entity):
    """On while the device is connected; it is the only entity that is available while it is not."""

    platform: Literal["binary_sensor"] = "binary_sensor"
    device_class: Literal["connectivity"] = "connectivity"
    payload_on: Literal["online"] = "online"
    payload_off: Literal["offline"] = "offline"
    availability: tuple[()] = ()


class Switch(_Entity):
    """A switch; Home Assistant does not retain its command by default."""

    platform: Literal["switch"] = "switch"
    command_topic: str


class Absent(Record):
    """An entity that Home Assistant removes if an earlier payload contained it."""

    platform: Literal["sensor"] = "sensor"


class DeviceNote(Record):
    """The device to which the entities belong."""

    identifiers: list[Level] = Field(min_length=1, max_length=1)
    name: str
    manufacturer: Literal["emotion-edge"] = "emotion-edge"
    model: str | None = None
    serial_number: Level
    sw_version: str
    configuration_url: str | None = Field(None, pattern="^https?://")
    suggested_area: Level


class Origin(Record):
    """The program that wrote the payload."""

    name: Literal["emotion-edge"] = "emotion-edge"
    sw_version: str


class Availability(Record):
    """The status topic; its payloads `online` and `offline` are the defaults of Home Assistant."""

    topic: str


class Discovery(Record):
    """The payload of `<prefix>/device/<device>/config`; fields that are null are left out.

    `state_topic` is that of every entity without its own.
    """

    device: DeviceNote
    origin: Origin
    availability: list[Availability] = Field(min_length=1, max_length=1)
    state_topic: str
    qos: Literal[1] = 1
    components: dict[str, Sensor | BinarySensor | Connectivity | Switch | Absent]
