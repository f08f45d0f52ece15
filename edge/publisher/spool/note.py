"""Which records the spool held at an orderly stop: an older copy that is put in its place meanwhile is recognised."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from edge.publisher.spool.file import Extent
from edge.system.state_file import read_state, sync_folder, write_durably

_EXTENT = TypeAdapter(Extent)


def write_note(spool: Path, extent: Extent) -> None:
    """Note what a spool holds that is about to be closed; nothing for an empty one."""
    if extent.count:
        write_durably(_path(spool), _EXTENT.dump_json(extent).decode())


def take_note(spool: Path) -> Extent | None:
    """Return what a spool held when it was closed, and delete the note durably; None where there is none.

    After a crash there is none: what the spool holds changes with each record that is stored or delivered.
    """
    path = _path(spool)
    try:
        text = read_state(path)
        if not text:
            return None
        path.unlink()
        sync_folder(path.parent)
        return _EXTENT.validate_json(text)
    except (OSError, ValidationError):
        return None


def _path(spool: Path) -> Path:
    return spool.with_name("spool-extent.json")
