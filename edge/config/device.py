"""`[device]`: the name of the device."""

from pydantic import Field

from edge.config.section import Section
from edge.config.values import TOPIC_LEVEL


class Device(Section):
    """Who this device is in the topic tree."""

    id: str = Field(
        "", pattern=r"^$|" + TOPIC_LEVEL, description="empty: the Pi's serial number, else a stored random id"
    )
    site: str = Field("site", pattern=TOPIC_LEVEL, description="building or school; a level of every topic")
    room: str = Field("room", min_length=1, max_length=64, description="room, as people call it")
