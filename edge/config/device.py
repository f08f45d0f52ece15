"""`[device]`: the name of the device."""

from pydantic import Field

from edge.config.section import Section
from edge.config.values import TOPIC_LEVEL


class Device(Section):
    """The names of this device in the topics."""

    id: str = Field(
        "",
        pattern=r"^$|" + TOPIC_LEVEL,
        description="device id, a level of every topic; empty: rpi- and the serial number of the Pi, or else "
        "a stored random id",
    )
    site: str = Field("site", pattern=TOPIC_LEVEL, description="building or school, a level of every topic")
    room: str = Field("room", min_length=1, max_length=64, description="name of the room")
