"""Log lines for a person in a terminal, or for the journal when systemd reads our standard error."""

import importlib.util
import logging
import os

from edge.errors import redact

_JOURNAL = "/run/systemd/journal/socket"
_PRIORITY = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


class _Formatter(logging.Formatter):
    """Leaves passwords out of lines and tracebacks."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class _JournalFormatter(_Formatter):
    """The journal adds time and unit; it reads the priority in front of a line, see sd-daemon(3)."""

    def format(self, record: logging.LogRecord) -> str:
        return f"<{_PRIORITY.get(record.levelno, 6)}>{super().format(record)}"


def journal_fields(**named: object) -> dict[str, str]:
    """Return `extra=` of a log call: fields `EMOTION_EDGE_<NAME>` of the journal's entry, to search for.

    The observer cannot reach the journal's socket, only its standard error: its entries have no fields.
    """
    return {f"EMOTION_EDGE_{name.upper()}": str(value) for name, value in named.items()}


def set_up(process: str, *, verbose: bool) -> None:
    """Send log lines of `process` to standard error."""
    handler: logging.Handler = logging.StreamHandler()
    journal = "JOURNAL_STREAM" in os.environ
    if journal and os.access(_JOURNAL, os.W_OK) and importlib.util.find_spec("systemd") is not None:
        from systemd.journal import JournalHandler  # noqa: PLC0415 - Debian's python3-systemd, where it is there

        handler = JournalHandler(SYSLOG_IDENTIFIER="emotion-edge", EMOTION_EDGE_PROCESS=process)
        handler.setFormatter(_Formatter("%(message)s"))
    elif journal:
        handler.setFormatter(_JournalFormatter("%(message)s"))
    else:
        handler.setFormatter(_Formatter(f"%(asctime)s %(levelname)-7s {process}: %(message)s", "%H:%M:%S"))
    logging.basicConfig(level=logging.DEBUG if verbose else logging.INFO, handlers=[handler])
