"""Takes the observer out of every network for good, where the kernel allows it."""

import ctypes
import logging
import os
from pathlib import Path

from edge.system.privileges import drop_capabilities, holds_capabilities, own_files_of_proc

log = logging.getLogger(__name__)

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000


def is_isolated() -> bool:
    """Whether this process has no network and no means to get one back.

    Its network namespace has no interface but loopback, as under systemd's PrivateNetwork= (a machine whose network is
    yet to come up has its interfaces already), and it has no capability to enter another one.
    """
    try:
        lines = Path("/proc/self/net/dev").read_text().splitlines()[2:]
    except OSError:
        return False
    return not holds_capabilities() and all(line.partition(":")[0].strip() == "lo" for line in lines)


def leave_network() -> None:
    """Move this process into a network namespace of its own, without any interface that is up; see unshare(2).

    Call it before the first thread and before any child process. Ordinary users need a user namespace for it, which
    some kernels forbid; then the process may have been started without a network. A warning says where a network is
    left. Follow it by `give_up_privileges`.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) == 0:
        return
    # Tried in a process that ends: there is no way back from a user namespace in which we have no name.
    if reason := _try_user_namespace():
        if not is_isolated():
            log.warning("network stays reachable: no namespace for this user (%s)", reason)
        return
    _enter_user_namespace()


def give_up_privileges() -> None:
    """Give up what leads back to a network, or to the memory of other processes; as root, keep reading files."""
    drop_capabilities(keep_reading=os.geteuid() == 0)


def _try_user_namespace() -> str:
    """Return why the kernel does not let this user have a namespace; empty where it does."""
    readable, writable = os.pipe()
    child = os.fork()
    if child == 0:
        reason = ""
        try:
            _enter_user_namespace()
        except OSError as error:
            reason = error.strerror or str(error)
        os.write(writable, reason.encode())
        os._exit(0)
    os.close(writable)
    with os.fdopen(readable, encoding="utf-8") as pipe:
        reason = pipe.read()
    os.waitpid(child, 0)
    return reason


def _enter_user_namespace() -> None:
    """Enter a user and a network namespace; keep our own name inside, so that files still show their owner.

    Raises:
        OSError: the kernel refuses it, for this user or because this process has threads.

    """
    user, group = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    with own_files_of_proc():
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
