"""A camera on the network that asks for a password and then refuses everybody: `python3 rtsp_camera.py PORT LOG`."""

import base64
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue


def _server(port: int, heard: Callable[[str], object]) -> socketserver.ThreadingTCPServer:
    class Handler(socketserver.StreamRequestHandler):
        """RFC 2326, as far as a client gets that is not let in."""

        def handle(self) -> None:
            while line := self.rfile.readline().decode():
                headers = {}
                while header := self.rfile.readline().decode().strip():
                    name, _, value = header.partition(": ")
                    headers[name] = value
                asks = line.startswith("DESCRIBE")
                if asks and "Authorization" in headers:
                    word = headers["Authorization"].removeprefix("Basic ")
                    heard(f"{self.request.getsockname()[0]} {base64.b64decode(word).decode()}")
                status = "401 Unauthorized" if asks else "200 OK"
                answer = f'RTSP/1.0 {status}\r\nCSeq: {headers["CSeq"]}\r\nWWW-Authenticate: Basic realm="x"\r\n\r\n'
                self.wfile.write(answer.encode())

    socketserver.ThreadingTCPServer.allow_reuse_address = True
    server = socketserver.ThreadingTCPServer(("", port), Handler)
    server.daemon_threads = True
    return server


@contextmanager
def rtsp_camera() -> Iterator[tuple[int, "Queue[str]"]]:
    """Yield its port, and a queue of lines `address user:password` for every login."""
    logins: Queue[str] = Queue()
    with _server(0, logins.put) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], logins
        server.shutdown()


def main() -> None:
    """Append every login to a file, until killed."""
    file = Path(sys.argv[2])

    def write(line: str) -> None:
        with file.open("a") as log:
            log.write(f"{line}\n")

    _server(int(sys.argv[1]), write).serve_forever()


if __name__ == "__main__":
    main()
