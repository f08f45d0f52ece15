"""A receiver of alerts by HTTP, and the configuration of a hub that sends to it."""

import http.server
import json
import queue
import threading
from pathlib import Path
from typing import Any, Self

from edge.config.completeness import END
from tests.conftest import SECONDS

SECRET = "hook-7f3a9c"


class Phone:
    """Takes messages by HTTP, as the service of a school would; `status` is what it answers."""

    def __init__(self) -> None:
        phone = self
        self.messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self.status = 200
        self.tries = 0

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                phone.tries += 1
                self.send_response(phone.status)
                self.end_headers()
                if phone.status == 200:
                    phone.messages.put(message)

            def log_message(self, *_words: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"json://ada:{SECRET}@127.0.0.1:{self._server.server_port}/{SECRET}"

    def next(self) -> dict[str, Any]:
        return self.messages.get(timeout=SECONDS)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def with_alerts(config: Path, *urls: str, **more: Any) -> Path:
    """Add receivers to a hub's configuration."""
    file = config.with_name("urls")
    file.write_text("# receivers\n" + "\n".join(urls) + "\n")
    keys = {"urls_file": str(file), **more}
    lines = ["[alerts]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items())]
    config.write_text(config.read_text().replace(END, "\n".join([*lines, END])))
    return config
