"""Settings that a file may loosen only by saying so: a key that is only missing was perhaps cut off, or forgotten."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.config.manual import toml
from edge.config.section import Section
from edge.config.settings import Settings
from edge.errors import ConfigError

Key = tuple[str, ...]
_PROTECTS = "a value that protects people more is in force"
_NAMES = "another value is in force"


def _larger(in_force: Any, new: Any) -> bool:  # noqa: ANN401 - values of any key
    return bool(in_force > new)


def _smaller(in_force: Any, new: Any) -> bool:  # noqa: ANN401 - values of any key
    return bool(in_force < new)


def _other(in_force: Any, new: Any) -> bool:  # noqa: ANN401 - values of any key
    return bool(in_force != new)


_LOOSER: dict[Key, tuple[Callable[[Any, Any], bool], str]] = {
    ("mode",): (lambda in_force, _new: in_force == "presence", _PROTECTS),
    ("device", "site"): (_other, _NAMES),
    ("device", "room"): (_other, _NAMES),
    ("camera", "source"): (_other, _NAMES),
    ("camera", "rotation"): (_other, _PROTECTS),
    ("camera", "mirror"): (_other, _PROTECTS),
    ("camera", "zoom"): (_other, _PROTECTS),
    ("vision", "ignore"): (_other, _PROTECTS),
    ("privacy", "min_group"): (_larger, _PROTECTS),
    ("privacy", "max_share"): (_smaller, _PROTECTS),
    ("privacy", "min_cell"): (_larger, _PROTECTS),
    ("pause", "camera_open"): (_other, _PROTECTS),
    ("pause", "holidays"): (_other, _PROTECTS),
    ("pause", "timezone"): (_other, _PROTECTS),
    ("pause", "button_gpio"): (_other, _PROTECTS),
    ("pause", "lamp_gpio"): (_other, _PROTECTS),
    ("mqtt", "url"): (_other, _NAMES),
    ("spool", "max_days"): (_smaller, _PROTECTS),
}
"""Keys, whether the default of a missing one would loosen what is in force, and why that is refused.

They are those that protect people, and those without which this is another device. What turns or cuts the picture is
among them, because `vision.ignore` counts in the result. Of a key that protects people and is not here, the default is
the strict value.
"""


def loosened(file: Path, in_force: Settings, new: Settings) -> list[ConfigError]:
    """Return a problem for each key that is missing in `new` although a stricter value is in force.

    Args:
        file: from which `new` was read.
        in_force: the settings in use, or those that were in use last.
        new: the settings of the file.

    """
    return [
        ConfigError(
            f"{file}: {'.'.join(key)}",
            f"is missing, and {why}",
            f"restore the missing part; if it is meant, write {key[-1]} = {toml(_value(new, key))} {_where(key)}",
        )
        for key, (is_looser, why) in _LOOSER.items()
        if not _is_set(new, key) and is_looser(_value(in_force, key), _value(new, key))
    ]


def _where(key: Key) -> str:
    return f"in [{key[0]}]" if len(key) > 1 else "above the first section"


def _value(settings: Section, key: Key) -> Any:  # noqa: ANN401 - the value of any key
    value: Any = settings
    for part in key:
        value = getattr(value, part)
    return value


def _is_set(settings: Section, key: Key) -> bool:
    section = settings
    for part in key[:-1]:
        if part not in section.model_fields_set:
            return False
        section = getattr(section, part)
    return key[-1] in section.model_fields_set
