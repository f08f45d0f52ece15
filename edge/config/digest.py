"""A short hash of the configuration: the same for equal settings."""

import hashlib

from edge.config.settings import Settings


def digest(settings: Settings) -> str:
    """Return 12 hexadecimal digits; `[door]` does not count, as the units pass its path on the command line."""
    return hashlib.sha256(settings.model_dump_json(exclude={"door"}).encode()).hexdigest()[:12]
