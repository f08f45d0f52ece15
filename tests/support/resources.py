"""What a process uses, from proc(5)."""

import os
from pathlib import Path
from typing import NamedTuple


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def number(pid: int, file: str, key: str) -> int:
    """Return a number from a file of proc(5) with lines `key: number`."""
    for line in Path(f"/proc/{pid}/{file}").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1])
    raise KeyError(key)


class Resources(NamedTuple):
    """What a process uses; memory in megabytes.

    Attributes:
        descriptors: open files.
        threads: threads.
        own: memory of this process alone, no pages of files: RssAnon.
        resident: RSS, with the pages of files that others share.
        proportional: PSS: of a page that several processes share, this one's share.

    """

    descriptors: int
    threads: int
    own: float
    resident: float
    proportional: float

    @classmethod
    def of(cls, pid: int) -> "Resources":
        """Read them.

        Raises:
            OSError: the process has ended, or belongs to another user.

        """
        folder = Path(f"/proc/{pid}")
        return cls(
            len(list((folder / "fd").iterdir())),
            len(list((folder / "task").iterdir())),
            number(pid, "status", "RssAnon") / 1024,
            number(pid, "smaps_rollup", "Rss") / 1024,
            number(pid, "smaps_rollup", "Pss") / 1024,
        )
