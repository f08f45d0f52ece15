"""What a check has found."""

from typing import Literal, NamedTuple

from edge.errors import EX_SOFTWARE, EdgeError

State = Literal["ok", "warning", "failed", "skipped"]


class Finding(NamedTuple):
    """One thing that was looked at: a stable code, a sentence, and what to do where it is not in order."""

    code: str
    state: State
    sentence: str
    remedy: str = ""
    exit_code: int = EX_SOFTWARE
    """Of the whole command, where this failed."""


def failed(code: str, error: EdgeError) -> Finding:
    """Return the finding of an error, which names its remedy after the last semicolon."""
    problem, _, remedy = str(error).rpartition("; ")
    return Finding(code, "failed", problem or remedy, remedy, error.exit_code)
