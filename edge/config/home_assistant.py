"""`[home_assistant]`: MQTT discovery for Home Assistant."""

from pydantic import Field

from edge.config.section import Section


class HomeAssistant(Section):
    """MQTT discovery: a retained message describes the entities of the device to Home Assistant on the same broker."""

    discovery: bool = Field(
        default=True,
        description="publish the discovery message; false: remove it. Set false if the broker disconnects clients that "
        "publish to a topic they have no rights for",
    )
    prefix: str = Field(
        "homeassistant",
        min_length=1,
        max_length=128,
        pattern=r"^[^+#\s\x00-\x1f]+$",
        description="discovery prefix, the same as in Home Assistant; its status topic has the same prefix",
    )
