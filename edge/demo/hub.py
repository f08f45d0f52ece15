"""The hub for the demo: a page with a history, for other machines behind a password, in a temporary folder."""

import importlib.util
import json
import secrets
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from edge.config.completeness import END
from edge.config.toml import quoted
from edge.demo.addresses import LOOPBACK, is_ipv4, urls
from edge.demo.child import end_child, start_child
from edge.errors import Unavailable
from edge.system.interpreter import own_command

ACCOUNT = "demo"
_LIBRARIES = ("alembic", "argon2", "fastapi", "segno", "sqlalchemy", "uvicorn")
"""Of the extra `hub`."""
_ALL = "0.0.0.0"  # noqa: S104 - what --listen asks for, and a password guards
_START_SECONDS = 120.0
_POLL_SECONDS = 0.1


def why_not(address: str, broker: str) -> str:
    """Return why the demo shows its page without a hub, so without a history; empty where there can be one."""
    missing = [name for name in _LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        return f"{missing[0]} is not installed (pip install 'emotion-edge[demo,hub]')"
    if broker != "Mosquitto":
        return "Mosquitto is not installed (apt install mosquitto)"
    return "" if is_ipv4(address) else "the hub listens on IPv4 alone"


class DemoHub:
    """A context manager: inside the block a hub serves the page; on loopback without a login.

    Attributes:
        password: of `ACCOUNT`; new at each start; empty on loopback.

    """

    def __init__(  # noqa: PLR0913, PLR0917 - whom it hears, where it listens, what its lessons are
        self,
        folder: Path,
        broker_port: int,
        address: str,
        port: int,
        timezone: str,
        lessons: Mapping[str, Sequence[str]],
    ) -> None:
        """Prepare.

        Args:
            folder: of the demo, for configuration and database.
            broker_port: TCP port of the broker on loopback.
            address: to listen on; empty: every one of this machine.
            port: to listen on.
            timezone: name of the time zone of the lessons.
            lessons: their weekly hours, such as `mon-sun 08:00-08:45`, for each site.

        """
        self._folder = folder
        self._broker_port = broker_port
        self._address, self._port = address, port
        self._timezone, self._lessons = timezone, lessons
        self._process: subprocess.Popen[bytes] | None = None
        self.password = "" if address == LOOPBACK else "-".join(secrets.token_hex(2) for _ in range(4))

    @property
    def urls(self) -> list[str]:
        """Where browsers find the page; the hub listens on IPv4 alone."""
        return [url for url in urls(self._address, self._port) if "[" not in url] or urls(LOOPBACK, self._port)

    def __enter__(self) -> Self:
        """Start it.

        Raises:
            Unavailable: address and port cannot be listened on, or the hub does not start.

        """
        self._check_port()
        config = self._write_config()
        if self.password:
            add = own_command("hub", "accounts", "add", "--config", str(config), "--role", "admin")
            subprocess.run(  # noqa: S603 - our own command
                [*add, "--password-file", "-", ACCOUNT],
                input=f"{self.password}\n".encode(),
                stdout=subprocess.DEVNULL,
                check=True,
                timeout=_START_SECONDS,
            )
        self._process = start_child(own_command("hub", "serve", "--config", str(config)))
        self._await_page()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        end_child(self._process)

    def _write_config(self) -> Path:
        config = self._folder / "hub.toml"
        config.write_text(
            f"""[mqtt]
url = "mqtt://127.0.0.1:{self._broker_port}"
[store]
directory = {quoted(str(self._folder / "hub"))}
[commands]
username = "{ACCOUNT}"
[http]
address = {quoted(self._address or _ALL)}
port = {self._port}
plain_http = true
{"".join(self._timetable(site) for site in self._lessons)}{END}
""",
            encoding="utf-8",
        )
        return config

    def _timetable(self, site: str) -> str:
        periods = [f"{hours} {number}" for number, hours in enumerate(self._lessons[site], 1)]
        return f"""[[timetables]]
site = {quoted(site)}
timezone = {quoted(self._timezone)}
periods = {json.dumps(periods)}
"""

    def _check_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self._address, self._port))
            except OSError as error:
                where = f"{self._address}:{self._port}" if self._address else f"port {self._port}"
                remedy = "choose another: --listen [ADDRESS:]PORT"
                raise Unavailable(where, f"cannot be listened on ({error.strerror})", remedy) from error

    def _await_page(self) -> None:
        assert self._process is not None
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until and self._process.poll() is None:
            try:
                socket.create_connection((self._address or "127.0.0.1", self._port), timeout=1).close()
            except OSError:
                time.sleep(_POLL_SECONDS)
            else:
                return
        self.__exit__(None, None, None)
        raise Unavailable("the hub of the demo", "does not start", "try another port: --listen [ADDRESS:]PORT")
