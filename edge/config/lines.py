"""Where a key stands in a TOML file, and values without quotes: for messages; the parser is `tomllib`."""

import re
import tomllib


def line_of(text: str, key: tuple[str | int, ...]) -> int:
    """Return the number of the line that sets `key`, or of its section's header; 0 where it is not found."""
    names = [part for part in key if isinstance(part, str)]
    wanted = next((part for part in key if isinstance(part, int)), 0)
    section: list[str] = []
    header, tables = 0, 0
    for number, line in enumerate(text.splitlines(), 1):
        if found := re.match(r"\s*(\[{1,2})([\w.\s-]+)\]", line):
            section = [part.strip() for part in found[2].split(".")]
            here = section == names[: len(section)]
            if here and len(found[1]) > 1:  # one of several tables
                tables += 1
                here = tables - 1 == wanted
                section = section if here else [""]
            header = number if here else header
        elif found := re.match(r"\s*([\w-]+(?:\s*\.\s*[\w-]+)*)\s*=", line):
            full = section + [part.strip() for part in found[1].split(".")]
            if full == names[: len(full)]:
                return number
    return header


def without_quotes(text: str) -> dict[int, str]:
    """Return, by number, the lines whose value lacks its quotation marks, each as it should be.

    An address may hold a password, so an ellipsis stands for it.
    """
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        parts = re.match(r"""(\s*[\w.-]+\s*=\s*)([^\s"'\[{#=,][^#"']*?)\s*(?:#.*)?$""", line)
        if parts and not _is_toml(line) and _is_toml(corrected := f'{parts[1]}"{parts[2]}"'):
            found[number] = f'{parts[1].strip()} "..."' if "://" in parts[2] else corrected.strip()
    return found


def _is_toml(line: str) -> bool:
    try:
        tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return False
    return True
