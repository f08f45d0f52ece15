"""Which records the spool holds: an older copy that takes its place while no publisher runs is recognised.

The note is an empty file; its name says everything: `spool-extent.GENERATION-FIRST-LAST-COUNT`. A new name takes the
place of the old one at once and costs the card no more than the record that was stored. A copy of the whole folder that
is written over it adds an older name, and does not hide the newer one.
"""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from edge.publisher.spool.file import Extent
from edge.publisher.spool.queued_record import MOST
from edge.system.state_file import sync_folder

_NAME = re.compile(r"spool-extent\.(\d{1,10})-(\d{1,16})-(\d{1,16})-(\d{1,16})")


def write_note(spool: Path, extent: Extent) -> None:
    """Note what a spool holds, after it was stored, and remove all other notes; a failure changes nothing."""
    new = spool.with_name(f"spool-extent.{extent.generation}-{extent.first}-{extent.last}-{extent.count}")
    with contextlib.suppress(OSError):
        former = [path for path, known in _notes(spool) if known != extent]
        if extent.count and former:
            former.pop().rename(new)
        elif extent.count:
            new.touch()
        for path in former:
            path.unlink()


def forget_note(spool: Path) -> None:
    """Remove all notes durably, before records are deleted: one that outlives them would call these lost.

    Raises:
        OSError: a note cannot be removed.

    """
    with contextlib.suppress(FileNotFoundError):  # the folder may be gone, and its notes with it
        notes = [path for path, _extent in _notes(spool)]
        for path in notes:
            path.unlink(missing_ok=True)
        if notes:
            sync_folder(spool.parent)


def read_notes(spool: Path) -> list[Extent]:
    """Return what the spool held last, the newest note of each generation."""
    newest: dict[int, Extent] = {}
    with contextlib.suppress(OSError):
        for _path, extent in sorted(_notes(spool), key=lambda one: (one[1].last, one[1].first, -one[1].count)):
            newest[extent.generation] = extent
    return list(newest.values())


def _notes(spool: Path) -> Iterator[tuple[Path, Extent]]:
    for path in sorted(spool.parent.iterdir()):
        if found := _NAME.fullmatch(path.name):
            generation, first, last, count = map(int, found.groups())
            if 0 < first <= last <= MOST and 0 < count <= last - first + 1:
                yield path, Extent(generation=generation, first=first, last=last, count=count)
