"""What a process gives up for good: core dumps, its memory being read by others, and capabilities."""

import contextlib
import ctypes
import resource
from collections.abc import Iterator
from pathlib import Path

_PR_SET_DUMPABLE = 4
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_MOST_CAPABILITIES = 64
_CAPABILITY_VERSION = 0x20080522
_READ_EVERY_FILE = 2
"""CAP_DAC_READ_SEARCH: root's configuration, models and clips may belong to other users."""

_libc = ctypes.CDLL(None, use_errno=True)


def forbid_core_dumps() -> None:
    """Leave no memory of this process behind, and let no other process of the same user read it; see prctl(2).

    Children inherit the limit of zero bytes; the second has to be said in each program.
    """
    with contextlib.suppress(ValueError, OSError):  # under a sandbox that set the limit and forbids to change it
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


@contextlib.contextmanager
def own_files_of_proc() -> Iterator[None]:
    """Let this process write to its files in /proc, which belong to root after `forbid_core_dumps`."""
    _libc.prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
    try:
        yield
    finally:
        _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def drop_capabilities(*, keep_reading: bool) -> None:
    """Drop all capabilities, also those that a program started later could gain; see capabilities(7).

    Without CAP_SYS_ADMIN and CAP_SYS_PTRACE no other network namespace can be entered, and the memory of no process
    with more capabilities be read. Where the kernel refuses, `holds_capabilities` says so.

    Args:
        keep_reading: keep the one to read every file.

    """
    kept = 1 << _READ_EVERY_FILE if keep_reading else 0
    _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for number in range(_MOST_CAPABILITIES):
        if not kept >> number & 1:
            _libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    kept &= _capabilities()
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    _libc.capset(header, (ctypes.c_uint32 * 6)(kept, kept, 0, 0, 0, 0))  # effective, permitted, inheritable: twice 32


def holds_capabilities() -> bool:
    """Whether this process has a capability beyond reading every file."""
    return bool(_capabilities() & ~(1 << _READ_EVERY_FILE))


def _capabilities() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapPrm:"):
            return int(line.split()[1], 16)
    return 0
