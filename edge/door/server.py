"""The end of the door in the process that talks to the broker."""

import contextlib
import errno
import json
import os
import socket
from pathlib import Path

from edge.contract.records import PauseOrder, TakenOver
from edge.door.packets import MAX_KEYS, MAX_PACKET, Key
from edge.errors import Unavailable

MAX_CLIENTS = 4
_FIRST_HANDED_OVER = 3


class DoorServer:
    """The publisher's end: a listening socket and its few connections, to be watched by a selector."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handed_over = _handed_over()
        self.listener = self._handed_over or _listen(path)
        self._file = _identity(path)
        self._clients: list[socket.socket] = []

    @property
    def clients(self) -> int:
        """How many are connected."""
        return len(self._clients)

    def accept(self, most: int = MAX_CLIENTS) -> socket.socket | None:
        """Take a new connection; those above `most` are hung up on. None where there is none, or no descriptor."""
        try:
            connection, _address = self.listener.accept()
        except OSError:  # it waits, or has gone
            return None
        if len(self._clients) >= most:
            connection.close()
            return None
        connection.setblocking(False)
        self._clients.append(connection)
        return connection

    @staticmethod
    def receive(client: socket.socket) -> bytes | None:
        """Return one packet (one byte over the limit where it was larger), or None when the other end hung up.

        Raises:
            BlockingIOError: there is no packet now.

        """
        try:
            return client.recv(MAX_PACKET + 1) or None
        except BlockingIOError:
            raise
        except OSError:
            return None

    def hang_up(self, client: socket.socket) -> None:
        """Close a connection whose other end sends nothing more; if it still listens, it learns that all was read."""
        self._clients.remove(client)
        with contextlib.suppress(OSError):
            client.send(TakenOver().model_dump_json().encode())
        client.close()

    @staticmethod
    def acknowledge(client: socket.socket, keys: list[Key]) -> list[Key]:
        """Tell the sender that records are safe; return those that have to wait until it has read what it was told."""
        for at in range(0, len(keys), MAX_KEYS):
            try:
                client.send(json.dumps(keys[at : at + MAX_KEYS]).encode())
            except BlockingIOError:
                return keys[at:]
            except OSError:  # it repeats the records to the next one who listens
                return []
        return []

    def order(self, order: PauseOrder) -> None:
        """Send it to the observer, if connected; the next heartbeat shows whether it arrived."""
        for client in self._clients:
            with contextlib.suppress(OSError):
                client.send(order.model_dump_json().encode())

    @property
    def is_reachable(self) -> bool:
        """Whether the socket is still where it was: an observer that connects finds it there."""
        return self._file is None or _identity(self.path) == self._file

    def listen_again(self) -> None:
        """Replace `listener` by one at the same path, after that was deleted.

        Raises:
            Unavailable: something else is there, or the socket is the service manager's.

        """
        if self._handed_over is not None:
            remedy = "systemctl restart emotion-edge-door.socket emotion-edge.target"
            raise Unavailable(self.path, "the socket was deleted, so no observer can connect", remedy)
        listener = _listen(self.path)
        self.listener.close()
        self.listener, self._file = listener, _identity(self.path)

    def close(self) -> None:
        """Hang up on everybody; remove the socket, unless it is the service manager's."""
        for client in self._clients:
            client.close()
        self.listener.close()
        if self._handed_over is None:
            self.path.unlink(missing_ok=True)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode of what is at a path; None where nothing is."""
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _handed_over() -> socket.socket | None:
    """Return (a copy of) the listening socket that systemd has opened for this process, or None; sd_listen_fds(3)."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return None
    listener = socket.socket(fileno=os.dup(_FIRST_HANDED_OVER))
    listener.setblocking(False)
    return listener


def _listen(path: Path) -> socket.socket:
    remedy = "stop the other one, or set door.path (--door) to another place"
    if (path.exists() or path.is_symlink()) and not path.is_socket():
        raise Unavailable(path, "is no socket, so it is left as it is", "set door.path (--door) to another place")
    try:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    except OSError as error:  # no descriptor is free
        remedy = "raise LimitNOFILE= of the unit (`ulimit -n`)"
        raise Unavailable(path, f"cannot listen there ({error.strerror})", remedy) from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as probe, contextlib.suppress(OSError):
            probe.settimeout(1)
            probe.connect(str(path))
            raise Unavailable(path, "another publisher already listens there", remedy)
        path.unlink(missing_ok=True)
        mask = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(mask)
    except OSError as error:
        listener.close()
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            remedy = f"make room in {path.parent} (df, df -i), or set door.path (--door) to another place"
        raise Unavailable(path, f"cannot listen there ({error.strerror or error})", remedy) from error
    except Unavailable:
        listener.close()
        raise
    listener.listen(MAX_CLIENTS)
    listener.setblocking(False)
    return listener
