"""Defaults that depend on the board: what a configuration leaves open, a slow board does in a cheaper way.

They are not in `Settings`: file and both processes see the same configuration on every machine, and only what looks at
pictures uses `for_board`. What the file sets is used as it is.
"""

import json
from typing import Any

from edge.config.section import Section
from edge.config.settings import Settings

_SLOW = ("Raspberry Pi Zero 2", "Raspberry Pi 3", "Raspberry Pi Compute Module 3")
"""Boards with four Cortex-A53, as the device tree begins to name them."""
_DEFAULTS: dict[str, dict[str, Any]] = {"vision": {"model": "small", "scale_factor": 1.2}}
"""What they use, by section and key. docs/reference/cost.md has the figures."""


def for_board(settings: Settings, board: str) -> Settings:
    """Return the settings as a board uses them.

    Args:
        settings: of the file.
        board: its name by the device tree; empty where it is not known.

    """
    sections = {
        section: getattr(settings, section).model_copy(update=values)
        for section, values in _open(settings, board).items()
    }
    return settings.model_copy(update=sections) if sections else settings


def values_of_board(settings: Settings, board: str) -> dict[str, str]:
    """Return the values that the board decides, as TOML by `section.key`; empty where it decides none."""
    return {
        f"{section}.{key}": json.dumps(value)  # of words and numbers, JSON is TOML
        for section, values in _open(settings, board).items()
        for key, value in values.items()
    }


def explained(settings: Settings, board: str) -> str:
    """Return the values that the board decides in a sentence; empty where it decides none."""
    values = ", ".join(f"{key} = {value}" for key, value in values_of_board(settings, board).items())
    return f"{board}: {values} by default; set it in the configuration to use another value" if values else ""


def decided_by_board(section: str, key: str) -> bool:
    """Return whether some boards have a default of their own for a key."""
    return key in _DEFAULTS.get(section, {})


def set_by_file(settings: Settings) -> list[str]:
    """Return those of these keys that the configuration sets, as `section.key`, even if to the default."""
    return [
        f"{section}.{key}"
        for section, values in _DEFAULTS.items()
        for key in values
        if key in getattr(settings, section).model_fields_set
    ]


def _open(settings: Settings, board: str) -> dict[str, dict[str, Any]]:
    """Return what the board decides because the configuration does not: by section and key."""
    if not board.startswith(_SLOW):
        return {}
    found: dict[str, dict[str, Any]] = {}
    for section, values in _DEFAULTS.items():
        part: Section = getattr(settings, section)
        if values := {key: value for key, value in values.items() if key not in part.model_fields_set}:
            found[section] = values
    return found
