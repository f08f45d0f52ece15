"""`emotion-edge demo`: broker, real daemon, simulated rooms, dashboard and subscriber, without camera or root.

All of it listens on loopback only; with `--listen` the dashboard can be opened on other machines.
"""

import contextlib
import errno
import importlib.util
import json
import queue
import signal
import subprocess
import tempfile
import threading
import time
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from edge.camera.camera import source_settings
from edge.camera.errors import CameraError
from edge.camera.reader import CameraReader
from edge.config import CameraSettings, Mqtt
from edge.config.completeness import END
from edge.config.toml import quoted
from edge.contract.records import EMOTIONS
from edge.demo.addresses import LOOPBACK
from edge.demo.broker import DemoBroker, free_port
from edge.demo.school import ROOMS, SITE, DemoSchool
from edge.errors import EX_NOINPUT, EdgeError, Unavailable
from edge.mqtt.client import Connector, Login
from edge.mqtt.connection import Connection
from edge.mqtt.credentials import read_secrets
from edge.mqtt.errors import BrokerError
from edge.mqtt.events import Incoming
from edge.system.interpreter import own_command
from edge.system.process import event_at

if TYPE_CHECKING:
    from edge.demo.hub import DemoHub

INTERVAL_SECONDS = 5
_FIRST_RECORD_SECONDS = 60.0
_POLL_SECONDS = 0.2
_TOPIC = "emotion-edge/v1/demo/demo/counts"
_BACKFILL = f"{_TOPIC}/backfill"
"""Where a record goes that was made before the connection stood, as on a busy machine."""


def demo(  # noqa: PLR0913 - as many as the command has options
    source: str,
    records: int | None,
    port: int | None,
    listen: tuple[str, int] | None,
    *,
    school: bool,
    as_json: bool,
    browser: bool,
) -> None:
    """Run until Ctrl-C, until the terminal is closed, or until `records` records have arrived.

    Args:
        source: of frames, as `camera.source`.
        records: end after so many; None: do not.
        port: TCP port of the broker on loopback; None: a free one.
        listen: address (empty: all) and port of the dashboard; None: a free port on loopback.
        school: show simulated rooms beside the one that is observed, and a history of all where there can be one.
        as_json: print each record as a line of JSON.
        browser: open the dashboard in a browser of this machine.

    Raises:
        UnusableInput: `source` gives no frame.
        Unavailable: there is no broker to start, a port is taken, or no record arrives within a minute.
        EdgeError: the daemon ended; its own lines say why.

    """
    _check_libraries()
    stop = _stop()
    name = _try(source, stop)
    arrived: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    with (
        tempfile.TemporaryDirectory(prefix="emotion-edge-demo-") as folder,
        DemoBroker(Path(folder), port) as broker,
        _page(Path(folder), broker, listen, school=school) as page,
    ):
        subscriber = _Subscriber(broker.port, arrived)
        _introduce(name, broker, page, to_stderr=as_json, browser=browser)
        daemon = _start_daemon(Path(folder), source, broker)
        try:
            _print_records(arrived, daemon, stop, records, as_json=as_json)
        finally:
            subscriber.close()
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(30)


def _stop() -> threading.Event:
    """Return an event that ends the demo, also when its terminal is closed: nobody else ends its programs."""
    stays = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN  # by nohup
    return event_at(signal.SIGTERM, signal.SIGINT, *([] if stays else [signal.SIGHUP]))


def _check_libraries() -> None:
    if missing := [name for name in ("websockets", "psutil") if importlib.util.find_spec(name) is None]:
        remedy = "run `make demo` in a checkout, or pip install 'emotion-edge[demo]'"
        raise Unavailable("demo", f"{' and '.join(missing)} not installed", remedy)


class _Page(NamedTuple):
    """A page that is served: its addresses, and what to say of who may open it."""

    urls: list[str]
    remarks: list[str]


@contextlib.contextmanager
def _page(folder: Path, broker: DemoBroker, listen: tuple[str, int] | None, *, school: bool) -> Iterator[_Page]:
    """Serve the page, of a hub where there can be one, and let the simulated rooms publish to it."""
    from edge.demo.hub import DemoHub, why_not  # noqa: PLC0415 - its libraries are an optional extra
    from edge.demo.page import DemoPage  # noqa: PLC0415 - the same

    address = listen[0] if listen else LOOPBACK
    why = why_not(address, broker.name) if listen or school else "nothing is simulated"
    rooms = DemoSchool(folder, broker.port, history=not why)
    remarks = [f"{len(ROOMS)} rooms of the site `{SITE}` are simulated; the room of the site `demo` is observed."]
    with contextlib.ExitStack() as stack:
        if why:
            page = stack.enter_context(DemoPage(broker.port, *(listen or ())))
            urls, told = page.urls, _without_history(why, listen)
        else:
            lessons = dict.fromkeys(("demo", SITE), rooms.lessons) if school else {}
            at = listen or (LOOPBACK, free_port())
            hub = stack.enter_context(DemoHub(folder, broker.port, *at, rooms.zone, lessons))
            urls, told = hub.urls, _with_history(hub)
        if school:
            stack.enter_context(rooms)
        yield _Page(urls, [*remarks * school, *told])


def _without_history(why: str, listen: tuple[str, int] | None) -> list[str]:
    said = [f"The page has no history, as {why}."]
    return said + ["The dashboard is open to the network, without a password, until you press Ctrl-C."] * bool(listen)


def _with_history(hub: "DemoHub") -> list[str]:
    from edge.demo.hub import ACCOUNT  # noqa: PLC0415 - its libraries are an optional extra

    if not hub.password:
        return ["The page has a history. It is open on this machine alone, without a password."]
    login = f"Log in as {ACCOUNT} with the password {hub.password}. The page has the history of this demo."
    return [login, "Nothing is encrypted: others in the network can read along."]


def _introduce(source: str, broker: DemoBroker, page: _Page, *, to_stderr: bool, browser: bool) -> None:
    lines = [
        f"Broker: {broker.name} on 127.0.0.1:{broker.port}. Topic: {_TOPIC}. Source: {source}.",
        "Small groups are shown here (privacy.min_group = 1); a real device withholds fewer than 5 people.",
        f"Dashboard: {' or '.join(page.urls)}",
        *page.remarks,
    ]
    for line in lines:
        click.echo(line, err=to_stderr)
    if browser:
        webbrowser.open(page.urls[0])


def _print_records(
    arrived: "queue.SimpleQueue[dict[str, Any]]",
    daemon: "subprocess.Popen[bytes]",
    stop: threading.Event,
    records: int | None,
    *,
    as_json: bool,
) -> None:
    """Print records until `stop` is set, or `records` have arrived."""
    begun = time.monotonic()
    shown = 0
    while not stop.is_set() and (records is None or shown < records):
        try:
            record = arrived.get(timeout=_POLL_SECONDS)
        except queue.Empty:
            _check(daemon, waited=time.monotonic() - begun if not shown else 0)
            continue
        shown += 1
        try:
            click.echo(json.dumps(record)) if as_json else _show(record, first=shown == 1)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return  # the terminal was closed; its signal is on the way


def _try(source: str, stop: threading.Event) -> str:
    """Take one frame, because the daemon retries a source for ever; return the source as it may be shown."""
    settings = CameraSettings().with_source(source)
    reader = CameraReader(source_settings(settings))
    try:
        while not stop.is_set() and reader.frame(timeout=0.2) is None:
            pass
    except CameraError as error:
        error.exit_code = EX_NOINPUT
        raise
    finally:
        reader.close()
    return settings.shown


def _start_daemon(folder: Path, source: str, broker: DemoBroker) -> subprocess.Popen[bytes]:
    config = folder / "config.toml"
    config.write_text(
        f"""interval_seconds = {INTERVAL_SECONDS}
[device]
id = "demo"
site = "demo"
room = "Demo room"
[camera]
loop = true
[privacy]
min_group = 1
max_share = 1.0
[mqtt]
url = "mqtt://127.0.0.1:{broker.port}"
protocol = "{broker.protocol}"
[spool]
directory = {quoted(str(folder / "state"))}
{END}
""",
        encoding="utf-8",
    )
    command = own_command("run", "--config", str(config), "--source", source)
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
    if faces["max"] == 0:
        click.echo(f"{when:<19}{faces['mean']:>7.1f}{0:>5}   nobody in view")
        return
    shares = "".join(_cell(value) for value in (*record["emotions"].values(), record["unsure"]))
    click.echo(f"{when:<19}{faces['mean']:>7.1f}{faces['max']:>5} {shares}")


def _cell(value: float | None) -> str:
    if value is None:
        return f"{'–':>9}"
    return f"{value:>9.1f}" if value else f"{'·':>9}"
