"""`[home_assistant]`: MQTT discovery for Home Assistant."""

from urllib.parse import urlsplit

from pydantic import Field, field_validator

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
    page: str = Field(
        "",
        max_length=200,
        description="address of the page of a hub, such as https://hub.school.example; Home Assistant links the device "
        "to its room there; empty: no link",
    )

    @field_validator("page")
    @classmethod
    def _web_address(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            usable = not value or (parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.fragment)
        except ValueError:
            usable = False
        if not usable or "@" in value or not value.isprintable() or " " in value:
            msg = "is no address of a page; write https://HOST[:PORT][/PATH] without a user and without #"
            raise ValueError(msg)
        return value
