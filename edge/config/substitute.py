"""Which keys the last good configuration may not change: the publisher can write that copy, and the file it cannot."""

from edge.config.section import Section
from edge.config.settings import Settings

_PARSED = {
    "camera": ("source", "password_file", "tuning_file"),
    "vision": ("model", "cascade", "yunet_model", "yunet_sha256"),
}
"""Keys that name what the observer opens and parses."""


def foreign_keys(copy: Settings, trusted: Settings) -> list[str]:
    """Return the keys by which a copy would open the camera, or open files, as the trusted settings do not.

    Of a pause, the copy may have what the trusted settings leave out, as a file that was cut short does. It may turn
    emotions off.

    Args:
        copy: settings of the last good configuration.
        trusted: settings of the file, which only root can write, or those that this process took from it.

    Returns:
        names such as `pause.camera_open`; empty where the copy may stand in for the file.

    """
    found = [] if copy.mode in {trusted.mode, "presence"} else ["mode"]
    found += [
        f"{section}.{key}" for section, keys in _PARSED.items() for key in keys if _names(copy, trusted, section, key)
    ]
    return found + [f"pause.{key}" for key in type(trusted.pause).model_fields if _opens(copy, trusted, key)]


def _names(copy: Settings, trusted: Settings, section: str, key: str) -> bool:
    value, own = (getattr(getattr(settings, section), key) for settings in (copy, trusted))
    if (section, key) == ("camera", "source") and value == trusted.camera.shown:  # the copy has no password
        return False
    return value not in {own, _default(getattr(trusted, section), key)}


def _opens(copy: Settings, trusted: Settings, key: str) -> bool:
    value, own = (getattr(settings.pause, key) for settings in (copy, trusted))
    if key == "timezone":
        return value != own and bool(trusted.pause.camera_open or trusted.pause.holidays)
    return own not in {value, _default(trusted.pause, key)}


def _default(section: Section, key: str) -> object:
    return type(section).model_fields[key].default
