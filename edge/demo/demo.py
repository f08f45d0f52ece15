"""`emotion-edge demo`: a broker, the real daemon and a subscriber, all on loopback, without camera or root."""

import contextlib
import json
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import webbrowser
from pathlib import Path
from typing import Any

import click

from edge.config import Mqtt
from edge.contract.records import EMOTIONS
from edge.demo.broker import DemoBroker
from edge.demo.page import DemoPage
from edge.errors import EdgeError, Unavailable
from edge.mqtt.client import Connector, Login
from edge.mqtt.connection import Connection
from edge.mqtt.credentials import read_secrets
from edge.mqtt.errors import BrokerError
from edge.mqtt.events import Incoming
from edge.system.process import stop_on_signal

INTERVAL_SECONDS = 5
_FIRST_RECORD_SECONDS = 60.0
_POLL_SECONDS = 0.2
_TOPIC = "emotion-edge/v1/demo/demo/counts"
_BACKFILL = f"{_TOPIC}/backfill"
"""Where a record goes that was made before the connection stood, as on a busy machine."""


def demo(source: str, records: int | None, port: int | None, *, as_json: bool, browser: bool) -> None:
    """Run until Ctrl-C or until `records` records have arrived; `browser`: open the dashboard in one.

    Raises:
        Unavailable: there is no broker to start, the port is taken, or no record arrives within a minute.
        EdgeError: the daemon ended; its own lines say why.

    """
    stop = stop_on_signal()
    arrived: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    with (
        tempfile.TemporaryDirectory(prefix="emotion-edge-demo-") as folder,
        DemoBroker(Path(folder), port) as broker,
        DemoPage(broker.websockets_port) as page,
    ):
        subscriber = _Subscriber(broker.port, arrived)
        click.echo(f"Broker: {broker.name} on 127.0.0.1:{broker.port}. Topic: {_TOPIC}. Source: {source}.", err=as_json)
        click.echo(
            "Small groups are shown here (privacy.min_group = 1); a real device withholds fewer than 5 people.",
            err=as_json,
        )
        click.echo(f"Dashboard: {page.url}", err=as_json)
        if browser:
            webbrowser.open(page.url)
        daemon = _start_daemon(Path(folder), source, broker)
        begun = time.monotonic()
        shown = 0
        try:
            while not stop.is_set() and (records is None or shown < records):
                try:
                    record = arrived.get(timeout=0.2)
                except queue.Empty:
                    _check(daemon, waited=time.monotonic() - begun if not shown else 0)
                    continue
                shown += 1
                click.echo(json.dumps(record)) if as_json else _show(record, first=shown == 1)
        finally:
            subscriber.close()
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(30)


def _start_daemon(folder: Path, source: str, broker: DemoBroker) -> subprocess.Popen[bytes]:
    config = folder / "config.toml"
    config.write_text(
        f"""interval_seconds = {INTERVAL_SECONDS}
[device]
id = "demo"
site = "demo"
room = "demo"
[camera]
source = {json.dumps(source)}
loop = true
[privacy]
min_group = 1
max_share = 1.0
[mqtt]
url = "mqtt://127.0.0.1:{broker.port}"
protocol = "{broker.protocol}"
[spool]
directory = {json.dumps(str(folder / "state"))}
"""
    )
    command = [sys.executable, "-m", "edge", "run", "--config", str(config)]
    return subprocess.Popen(command, process_group=0)  # noqa: S603 - our own command


class _Subscriber:
    """Puts every record that arrives into a queue, by a thread of its own."""

    def __init__(self, port: int, arrived: "queue.SimpleQueue[dict[str, Any]]") -> None:
        settings = Mqtt(url=f"mqtt://127.0.0.1:{port}", protocol="3.1.1")
        connector = Connector(Login(settings, read_secrets(settings), "emotion-edge-demo-subscriber"))
        self._arrived = arrived
        self._stop = threading.Event()
        connection = connector.connect(settings.brokers[0])
        connection.subscribe([(_TOPIC, 1), (_BACKFILL, 1)])
        self._thread = threading.Thread(target=self._run, args=(connection,), name="subscriber", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self, connection: Connection) -> None:
        with contextlib.closing(connection), contextlib.suppress(BrokerError):  # without it, no record comes in time
            while not self._stop.is_set():
                for event in connection.poll(_POLL_SECONDS):
                    if isinstance(event, Incoming):
                        self._arrived.put(json.loads(event.payload))
            connection.disconnect()


def _check(daemon: "subprocess.Popen[bytes]", waited: float) -> None:
    if (code := daemon.poll()) is not None:
        error = EdgeError("demo", f"the daemon ended with exit code {code}", "see its lines above")
        error.exit_code = code
        raise error
    if waited > _FIRST_RECORD_SECONDS:
        raise Unavailable("demo", f"no record within {_FIRST_RECORD_SECONDS:.0f} s", "see the lines above")


def _show(record: dict[str, Any], *, first: bool) -> None:
    if first:
        titles = "".join(f"{name:>9}" for name in (*EMOTIONS, "unsure"))
        click.secho(f"\n{'interval (UTC)':<19}{'people':>7}{'max':>5} {titles}", bold=True)
    when = f"{record['start'][11:19]}–{record['end'][11:19]}"
    faces = record["faces"]
    if faces["mean"] is None:
        click.echo(f"{when:<19}{'–':>7}{'–':>5}   {record['suppressed']}")
        return
    shares = "".join(_cell(value) for value in (*record["emotions"].values(), record["unsure"]))
    click.echo(f"{when:<19}{faces['mean']:>7.1f}{faces['max']:>5} {shares}")


def _cell(value: float | None) -> str:
    if value is None:
        return f"{'–':>9}"
    return f"{value:>9.1f}" if value else f"{'·':>9}"
