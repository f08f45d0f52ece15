"""An open file in memory that outlives this process: its parent or the service manager gives it to the next one.

See sd_notify(3), FDSTORE, and sd_listen_fds(3): the unit needs `FileDescriptorStoreMax=`.
"""

import contextlib
import os
import socket

KEPT_FILE = "EMOTION_EDGE_KEPT_FILE"
"""Environment variable: number of the file that `emotion-edge run` gives to each start of the observer."""
_FIRST = 3
_NAME = "button"


def new_file() -> int:
    """Return an empty file that is nowhere but in memory.

    Raises:
        OSError: the kernel has none to give.

    """
    return os.memfd_create(_NAME)


def kept_file() -> int | None:
    """Return the file of the process before this one, or a new one; None where neither can be had."""
    for number in (_from_parent(), _from_manager()):
        with contextlib.suppress(OSError):
            if number is not None:
                os.fstat(number)
                os.set_inheritable(number, False)
                return number
    try:
        file = new_file()
    except OSError:
        return None
    _hand_to_manager(file)
    return file


def _from_parent() -> int | None:
    number = os.environ.get(KEPT_FILE, "")
    return int(number) if number.isdecimal() else None


def _from_manager() -> int | None:
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    return _FIRST + names.index(_NAME) if _NAME in names else None


def _hand_to_manager(file: int) -> None:
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as notify:
        notify.settimeout(1)
        notify.connect(address)
        socket.send_fds(notify, [f"FDSTORE=1\nFDNAME={_NAME}".encode()], [file])
