"""`[home_assistant]`: what Home Assistant is sent."""

from pydantic import Field

from edge.config.section import Section


class HomeAssistant(Section):
    """Home Assistant, on the same broker, finds the device by itself: a retained message describes its entities."""

    discovery: bool = Field(
        default=True,
        description="false: nothing is sent there, and what was sent before is removed; set it where a broker that "
        "knows no such topic hangs up",
    )
    prefix: str = Field(
        "homeassistant",
        min_length=1,
        max_length=128,
        pattern=r"^[^+#\s\x00-\x1f]+$",
        description="discovery prefix, as set in Home Assistant; its own status comes under it, too",
    )
