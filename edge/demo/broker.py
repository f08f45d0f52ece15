"""A broker for the demo, on loopback only: Mosquitto where it is installed, else amqtt from PyPI."""

import asyncio
import contextlib
import importlib.util
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from edge.demo.child import end_child, start_child
from edge.errors import Unavailable

_START_SECONDS = 15.0
_MOST_QUEUED = 20_000
"""Messages that wait for a hub on a slow machine; the history of the simulated rooms is about 12,000."""
_SBIN = "/usr/sbin"  # where Debian puts Mosquitto, off an ordinary user's PATH


class DemoBroker:
    """A context manager: the broker listens inside the block."""

    def __init__(self, folder: Path, port: int | None) -> None:
        self._folder = folder
        self.port = port or free_port()
        self._chosen = port is not None
        self._mosquitto = shutil.which("mosquitto") or shutil.which("mosquitto", path=_SBIN)
        self.name = "Mosquitto" if self._mosquitto else "amqtt"
        self.protocol = "5" if self._mosquitto else "3.1.1"
        self._process: subprocess.Popen[bytes] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._check_port()
        if self._mosquitto:
            self._start_mosquitto(self._mosquitto)
        elif importlib.util.find_spec("amqtt"):
            self._start_amqtt()
        else:
            raise Unavailable(
                "broker",
                "neither Mosquitto nor amqtt is here",
                "apt install mosquitto, or pip install 'emotion-edge[demo]'",
            )
        self._await_listener()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        end_child(self._process)
        if self._loop is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)

    def _start_mosquitto(self, program: str) -> None:
        config = self._folder / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest none\n"
            f"max_queued_messages {_MOST_QUEUED}\n"
        )
        self._process = start_child([program, "-c", str(config)])

    def _start_amqtt(self) -> None:
        import logging  # noqa: PLC0415

        from amqtt.broker import Broker  # noqa: PLC0415 - an optional extra

        for name in ("amqtt", "transitions"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # it calls our own probe of its port an error
        config = {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{self.port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
        }
        loop = self._loop = asyncio.new_event_loop()

        def serve() -> None:
            asyncio.set_event_loop(loop)
            broker = Broker(config, loop=loop)
            loop.run_until_complete(broker.start())
            loop.run_forever()
            with contextlib.suppress(Exception):
                loop.run_until_complete(broker.shutdown())

        self._thread = threading.Thread(target=serve, name="broker", daemon=True)
        self._thread.start()

    def _check_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self.port))
            except OSError as error:
                remedy = "stop what uses it, or leave --port away for a free one"
                raise Unavailable(f"port {self.port}", f"cannot be used ({error.strerror})", remedy) from error

    def _await_listener(self) -> None:
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        raise Unavailable(f"broker {self.name}", f"does not listen on port {self.port}", "try another --port")


def free_port() -> int:
    """Return a TCP port on loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
