"""The annotated default configuration: the manual of every key."""

from typing import Any

from edge.config.completeness import ANNOUNCEMENT, END
from edge.config.for_board import decided_by_board
from edge.config.pause import Holiday, Hours
from edge.config.section import Section
from edge.config.settings import Settings
from edge.config.toml import quoted


def annotated_toml(kind: type[Section] = Settings) -> str:
    """Return the default configuration, of the device or of another `kind`, with a comment for every key."""
    lines = ["# emotion-edge: every key with its default. Delete what you do not change.", ANNOUNCEMENT]
    lines.append("# A key behind a # has another default on some boards; delete the # to set it.")
    sections: list[str] = []
    for name, field in kind.model_fields.items():
        default = field.get_default(call_default_factory=True)
        if not isinstance(default, Section):
            lines += ["", f"# {field.description}", f"{name} = {toml(default)}"]
            continue
        sections += ["", f"# {type(default).__doc__}", f"[{name}]"]
        for key, entry in type(default).model_fields.items():
            mark = "# " if decided_by_board(name, key) else ""
            sections += [f"# {entry.description}", f"{mark}{key} = {toml(getattr(default, key))}"]
    return "\n".join([*lines, *sections, "", END]) + "\n"


def toml(value: Any) -> str:  # noqa: ANN401 - the value of any key
    """Return the value of a key as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Hours | Holiday):
        return quoted(str(value))
    if isinstance(value, tuple):
        return "[" + ", ".join(map(toml, value)) + "]"
    return quoted(value) if isinstance(value, str) else str(value)
