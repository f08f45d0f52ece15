"""The dashboard for the demo: the bundle that ships, on a web server of its own on loopback."""

import http.server
import json
import threading
from functools import partial
from importlib import resources
from types import TracebackType
from typing import Any, Self

import edge_dashboard

_CONFIG = "/config.json"


class DemoPage:
    """A context manager: the page is served inside the block, and takes its records from a broker on loopback."""

    def __init__(self, websockets_port: int) -> None:
        folder = resources.files(edge_dashboard) / "page"
        config = json.loads((folder / _CONFIG.removeprefix("/")).read_text())
        config |= {"broker": f"ws://127.0.0.1:{websockets_port}", "anonymous": True}
        handler = partial(_Handler, json.dumps(config).encode(), directory=str(folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, name="page", daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(http.server.SimpleHTTPRequestHandler):
    """Files of one folder, but for the configuration."""

    def __init__(self, config: bytes, *args: Any, directory: str) -> None:  # noqa: ANN401 - as the server calls it
        self._config = config
        super().__init__(*args, directory=directory)

    def do_GET(self) -> None:
        if self.path != _CONFIG:
            super().do_GET()
            return
        self.send_response(http.HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self._config)))
        self.end_headers()
        self.wfile.write(self._config)

    def end_headers(self) -> None:
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing: the terminal shows the records."""
