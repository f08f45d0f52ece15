"""Cutting the process that sees off from every network, where the kernel allows it."""

import ctypes
import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000


def is_isolated() -> bool:
    """Whether no route leads out of this process's network namespace; its service manager may have seen to that."""
    try:
        ipv4 = Path("/proc/self/net/route").read_text().splitlines()[1:]
        ipv6 = Path("/proc/self/net/ipv6_route").read_text().splitlines()
    except FileNotFoundError:  # a kernel without IPv6; leave_network() asks it properly
        return False
    return not [line for line in ipv4 if line.split()[0] != "lo"] + [line for line in ipv6 if line.split()[-1] != "lo"]


def leave_network() -> bool:
    """Move this process into a network namespace of its own, without any interface that is up.

    Call it before the first thread and before any child process. Unprivileged users need a user namespace for it,
    which some kernels forbid. Return whether it worked; see unshare(2).
    """
    user, group = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) == 0:
        return True
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        log.info("network stays reachable: the kernel refuses a namespace (%s)", os.strerror(ctypes.get_errno()))
        return False
    # Keep our own name inside, so that files still show their owner.
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    return True
