"""`emotion-edge demo`: a broker, the true daemon, a dashboard and a subscriber, without camera or root.

All of it listens on loopback only; with `--listen` the dashboard can be opened on other machines.
"""

import importlib.util
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

from edge.camera.camera import source_settings
from edge.camera.errors import CameraError
from edge.camera.reader import CameraReader
from edge.config import CameraSettings, Mqtt
from edge.contract.records import EMOTIONS
from edge.demo.broker import DemoBroker
from edge.errors import EX_NOINPUT, EdgeError, Unavailable, UnusableInput
from edge.mqtt.client import Client, new_client
from edge.mqtt.credentials import read_secrets
from edge.mqtt.protocol import MQTT_3_1_1
from edge.system.process import stop_on_signal

INTERVAL_SECONDS = 5
_FIRST_RECORD_SECONDS = 60.0
_TOPIC = "emotion-edge/v1/demo/demo/counts"
_BACKFILL = f"{_TOPIC}/backfill"
"""Where a record goes that was made before the connection stood, as on a busy machine."""


def demo(  # noqa: PLR0913 - as many as the command has options
    source: str, records: int | None, port: int | None, listen: tuple[str, int] | None, *, as_json: bool, browser: bool
) -> None:
    """Run until Ctrl-C or until `records` records have arrived; `browser`: open the dashboard in one.

    Args:
        source: of frames, as `camera.source`.
        records: end after so many; None: do not.
        port: TCP port of the broker on loopback; None: a free one.
        listen: address (empty: all) and port of the dashboard; None: a free port on loopback.
        as_json: print each record as a line of JSON.
        browser: open the dashboard in a browser of this machine.

    Raises:
        UnusableInput: `source` gives no frame.
        Unavailable: there is no broker to start, a port is taken, or no record arrives within a minute.
        EdgeError: the daemon ended; its own lines say why.

    """
    if missing := [name for name in ("websockets", "psutil") if importlib.util.find_spec(name) is None]:
        remedy = "run `make demo` in a checkout, or pip install 'emotion-edge[demo]'"
        raise Unavailable("demo", f"{' and '.join(missing)} not installed", remedy)
    from edge.demo.page import DemoPage  # noqa: PLC0415 - its libraries are an optional extra

    stop = stop_on_signal()
    _try(source, stop)
    arrived: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    with (
        tempfile.TemporaryDirectory(prefix="emotion-edge-demo-") as folder,
        DemoBroker(Path(folder), port) as broker,
        DemoPage(broker.port, *(listen or ())) as page,
    ):
        subscriber = _subscribe(broker.port, arrived)
        click.echo(f"Broker: {broker.name} on 127.0.0.1:{broker.port}. Topic: {_TOPIC}. Source: {source}.", err=as_json)
        click.echo(
            "Small groups are shown here (privacy.min_group = 1); a real device withholds fewer than 5 people.",
            err=as_json,
        )
        click.echo(f"Dashboard: {' or '.join(page.urls)}", err=as_json)
        if listen:
            click.echo("The dashboard is open to the network, without a password, until you press Ctrl-C.", err=as_json)
        if browser:
            webbrowser.open(page.urls[0])
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
            subscriber.disconnect()
            subscriber.loop_stop()
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(30)


def _try(source: str, stop: threading.Event) -> None:
    """Take one frame, for the daemon would try a source again and again."""
    try:
        settings = source_settings(CameraSettings(source=source))
    except ValueError as error:
        raise UnusableInput("--source", "is empty", "name a camera, a clip, a folder or scene") from error
    reader = CameraReader(settings)
    try:
        while not stop.is_set() and reader.frame(timeout=0.2) is None:
            pass
    except CameraError as error:
        error.exit_code = EX_NOINPUT
        raise
    finally:
        reader.close()


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


def _subscribe(port: int, arrived: "queue.SimpleQueue[dict[str, Any]]") -> Client:
    settings = Mqtt(url=f"mqtt://127.0.0.1:{port}")
    secrets = read_secrets(settings)
    client = new_client(settings, secrets, settings.brokers[0], "emotion-edge-demo-subscriber", MQTT_3_1_1)
    client.on_message = lambda _client, _user, message: arrived.put(json.loads(message.payload))
    client.on_connect = _on_connect
    client.connect("127.0.0.1", port)
    client.loop_start()
    return client


def _on_connect(client: Client, _user: Any, _flags: Any, _reason: Any, _properties: Any) -> None:  # noqa: ANN401
    client.subscribe([(_TOPIC, 1), (_BACKFILL, 1)])


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
