"""Takes the observer out of every network, where the kernel allows it."""

import ctypes
import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000


def is_isolated() -> bool:
    """Whether this process's network namespace has no interface but loopback, as under systemd's PrivateNetwork=.

    A machine whose network is yet to come up has its interfaces already.
    """
    try:
        lines = Path("/proc/self/net/dev").read_text().splitlines()[2:]
    except OSError:
        return False
    return all(line.partition(":")[0].strip() == "lo" for line in lines)


def leave_network() -> bool:
    """Move this process into a network namespace of its own, without any interface that is up.

    Call it before the first thread and before any child process. Unprivileged users need a user namespace for it,
    which some kernels forbid; then the process may have been started without a network. Return whether no network is
    left; see unshare(2).
    """
    user, group = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) == 0:
        return True
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        reason = os.strerror(ctypes.get_errno())
        if is_isolated():
            return True
        log.info("network stays reachable: the kernel refuses a namespace (%s)", reason)
        return False
    # Keep our own name inside, so that files still show their owner.
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    return True
