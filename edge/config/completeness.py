"""The last line of a configuration file, which proves that the file was not cut short.

A TOML file that ends early is valid TOML: what is missing would silently have its default.
"""

END = "# end of configuration"
"""The last line. `default-config`, `apply` and the Ansible role write it."""
RESTORE = "restore the missing part; if nothing is missing, add that line"
"""The remedy where it is missing."""
ANNOUNCEMENT = f"# This file is whole only if its last line is: {END}"
"""A line near the top. A file with it, and without the last line, was cut short."""


def is_whole(text: str) -> bool:
    """Return whether the last line that is not blank is the end mark."""
    lines = text.rstrip().splitlines()
    return bool(lines) and lines[-1].strip() == END


def has_end(text: str) -> bool:
    """Return whether any line is the end mark."""
    return any(line.strip() == END for line in text.splitlines())


def is_cut_short(text: str) -> bool:
    """Return whether a file announces its end mark and has none."""
    return ANNOUNCEMENT in text and not has_end(text)


def doubt(text: str) -> str:
    """Return why a file does not prove that it is whole, with the remedy; empty where it does."""
    if is_whole(text):
        return ""
    if has_end(text):
        return f"text follows the line `{END}`, so a cut behind it would not be noticed; move that line to the end"
    return (
        f"the last line is not `{END}`, so a cut file would not be noticed; `emotion-edge apply` adds it, or write it"
    )
