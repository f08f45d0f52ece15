"""TCP ports that the hub listens on."""

import errno
import socket

from edge.errors import Unavailable


def listen(address: str, port: int, section: str) -> socket.socket:
    """Return a socket that is bound to an address and port of the section of the configuration.

    Raises:
        Unavailable: the port is in use, or this process may not open it.

    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError as error:
        listener.close()
        remedy = "set {}"
        if error.errno == errno.EADDRINUSE:
            remedy = "end the program that uses it, or set {}"
        elif error.errno in (errno.EPERM, errno.EACCES):
            remedy = "allow it in the unit (SocketBindAllow=, see systemd/README.md), or set {}"
        problem = f"cannot be listened on ({error.strerror})"
        raise Unavailable(f"{address}:{port}", problem, remedy, f"{section}.port") from error
    return listener
