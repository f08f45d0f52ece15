"""What differs between two configurations, key by key, as it may be logged: no secret."""

from collections.abc import Iterator
from typing import Any

from edge.config import address
from edge.config.manual import toml
from edge.config.section import Section
from edge.config.settings import Settings
from edge.errors import redact

_MOST_CHARACTERS = 200


def changes(before: Settings, after: Settings) -> list[str]:
    """Return a line `section.key: OLD -> NEW` for each key with another value, in the order of the file."""
    return list(_changes("", before, after))


def _changes(name: str, before: Section, after: Section) -> Iterator[str]:
    for key in type(before).model_fields:
        old, new = getattr(before, key), getattr(after, key)
        full = f"{name}{key}"
        if isinstance(old, Section):
            yield from _changes(f"{full}.", old, new)
        elif old != new:
            yield f"{full}: {_shown(full, old)} -> {_shown(full, new)}"


def _shown(key: str, value: Any) -> str:  # noqa: ANN401 - the value of any key
    text = redact(toml(address.shown(value) if key == "camera.source" else value))
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"
