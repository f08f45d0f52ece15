"""What a check has found."""

from typing import Literal, NamedTuple

from edge.errors import EX_SOFTWARE, EdgeError, redact

State = Literal["ok", "warning", "failed", "skipped"]


class Finding(NamedTuple):
    """The result of one check: a stable code, a sentence, and a remedy where something is not in order."""

    code: str
    state: State
    sentence: str
    remedy: str = ""
    exit_code: int = EX_SOFTWARE
    """Of the whole command, where this failed."""
    ends: str = ""
    """When what it is about ends, such as a certificate: ISO 8601 with a time zone; empty: it does not end."""


def failed(code: str, error: EdgeError) -> Finding:
    """Return the finding of an error."""
    return Finding(code, "failed", redact(f"{error.thing}: {error.problem}"), redact(error.remedy), error.exit_code)
