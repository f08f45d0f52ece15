"""Writing TOML."""

import json


def quoted(text: str) -> str:
    """Return a basic string of TOML: as in JSON, but TOML has no pair of escapes for a letter beyond U+FFFF."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
