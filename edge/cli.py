"""The command `emotion-edge`: sub-commands and exit codes, nothing else."""

import contextlib
import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click

from edge import __version__
from edge.config import TOPIC_LEVEL, Settings
from edge.config.file import DEFAULT_PATH, annotated_toml, load
from edge.errors import EX_CONFIG, EdgeError
from edge.system.logs import set_up
from edge.system.process import die_with_parent, stop_on_signal
from edge.system.service import Service

_EXIT_CODES = """\b
Exit codes: 0 done, 2 wrong command line, 66 input cannot be read, 69 something needed is
out of reach, 70 internal error, 78 configuration (restarting will not help)."""


class _Commands(click.Group):
    """Turns errors that a person can act on into one line each and their exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        try:
            return super().invoke(ctx)
        except EdgeError as error:
            for line in str(error).splitlines():
                click.echo(f"emotion-edge: {line}", err=True)
            sys.exit(error.exit_code)


@click.group(cls=_Commands, epilog=_EXIT_CODES)
@click.version_option(__version__, prog_name="emotion-edge")
def main() -> None:
    """Count shown emotions in a room, on the device, and publish only the counts.

    Start with `emotion-edge demo`: no camera, no broker, no root. On a device: write /etc/emotion-edge/config.toml
    (see `default-config`), check it with `check-config`, then `run`.
    """


def _daemon_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option(
            "--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True, help="TOML file."
        ),
        click.option(
            "--source", default="", help="Overrides camera.source: 0, /dev/video0, rtsp://…, a clip, a folder, scene."
        ),
        click.option(
            "--pace", type=click.Choice(["native", "fast"]), help="Overrides camera.pace (clips and folders)."
        ),
        click.option("--door", default="", help="Overrides door.path, the socket between the two processes."),
        click.option("--verbose", is_flag=True, help="Log every attempt, not only changes."),
    ):
        command = option(command)
    return command


CREDENTIAL_STORE = Path("/etc/credstore")
_LOADING_SECONDS = 60.0
_READY_FD = click.option("--ready-fd", type=int, hidden=True)


def _settings(config: Path, source: str, pace: str | None, door: str) -> Settings:
    settings = load(config)
    camera: dict[str, Any] = ({"source": source} if source else {}) | ({"pace": pace} if pace else {})
    return settings.model_copy(
        update={
            "camera": settings.camera.model_copy(update=camera),
            "door": settings.door.model_copy(update={"path": door} if door else {}),
        }
    )


def _take_credentials() -> None:
    """See what systemd hands to the publisher, where this user can."""
    if CREDENTIAL_STORE.is_dir():
        os.environ.setdefault("CREDENTIALS_DIRECTORY", str(CREDENTIAL_STORE))


def _ready(descriptor: int | None, service: Service) -> Callable[[], None]:
    """Tell the supervisor, which waits on the other end of a pipe, or the service manager; a second time the latter."""
    if descriptor is not None:
        die_with_parent(signal.SIGTERM)
    waiting = [] if descriptor is None else [descriptor]

    def ready() -> None:
        service.ready()
        while waiting:
            os.write(waiting[0], b"!")
            os.close(waiting.pop())

    return ready


@main.command("run")
@_daemon_options
def run_command(config: Path, source: str, pace: str | None, door: str, verbose: bool) -> NoReturn:
    """Run the device: observer and publisher, each restarted when it falls."""
    from edge.system.supervisor import run  # noqa: PLC0415

    set_up("run", verbose=verbose)
    settings = _settings(config, source, pace, door)
    arguments = ["--config", str(config)]
    arguments += ["--source", source] if source else []
    arguments += ["--pace", pace] if pace else []
    arguments += ["--verbose"] if verbose else []
    sys.exit(run(arguments, stop_on_signal(), settings.door.path))


@main.command("observe")
@_daemon_options
@_READY_FD
def observe_command(
    config: Path, source: str, pace: str | None, door: str, verbose: bool, ready_fd: int | None
) -> None:
    """Run only the process that sees; it hands its counts through the door."""
    set_up("observe", verbose=verbose)
    service = Service()
    ready = _ready(ready_fd, service)
    settings = _settings(config, source, pace, door)
    service.loading("libraries", _LOADING_SECONDS)
    from edge.observer.observer import observe  # noqa: PLC0415 - brings OpenCV, which a wrong configuration should not wait for

    observe(settings, stop_on_signal(), ready, lambda: _settings(config, source, pace, door), service)


@main.command("publish")
@_daemon_options
@_READY_FD
def publish_command(
    config: Path, source: str, pace: str | None, door: str, verbose: bool, ready_fd: int | None
) -> None:
    """Run only the process that talks to the broker; it never sees a frame."""
    set_up("publish", verbose=verbose)
    service = Service()
    ready = _ready(ready_fd, service)
    settings = _settings(config, source, pace, door)
    from edge.publisher.publisher import publish  # noqa: PLC0415 - this process must never load the observer's libraries

    publish(settings, stop_on_signal(), ready, lambda: _settings(config, source, pace, door), service)


@main.command("demo")
@click.option(
    "--source", default="scene", show_default=True, help="scene, a webcam's number, a clip, a folder of pictures."
)
@click.option("--records", type=click.IntRange(min=1), help="End after so many records; otherwise Ctrl-C.")
@click.option("--port", type=click.IntRange(1, 65535), help="TCP port of the demo's broker; default: a free one.")
@click.option("--json", "as_json", is_flag=True, help="Print every record as a line of JSON.")
@click.option(
    "--browser/--no-browser",
    default=lambda: bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")),
    help="Open the dashboard; default: where there is a screen.",
)
def demo_command(source: str, records: int | None, port: int | None, as_json: bool, browser: bool) -> None:
    """Show the whole road here and now: broker, daemon, dashboard, subscriber, on loopback."""
    from edge.demo.demo import demo  # noqa: PLC0415

    demo(source, records, port, as_json=as_json, browser=browser)


@main.command("simulate")
@click.option("--config", type=click.Path(path_type=Path), help="TOML file, for broker, site and interval.")
@click.option("--devices", type=click.IntRange(1, 100_000), default=100, show_default=True)
@click.option("--seconds", type=click.FloatRange(min=0), help="End after so long; otherwise Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON every ten seconds.")
def simulate_command(config: Path | None, devices: int, seconds: float | None, as_json: bool) -> None:
    """Send what so many devices would send: a load for brokers, stores and dashboards.

    Every device has a connection of its own and is named sim-00000, sim-00001, …; what its camera sees is made up.
    """
    from edge.simulation.fleet import simulate  # noqa: PLC0415

    set_up("simulate", verbose=False)
    stop = stop_on_signal()
    if seconds is not None:
        timer = threading.Timer(seconds, stop.set)
        timer.daemon = True
        timer.start()
    simulate(load(config) if config else Settings(), devices, stop, as_json=as_json)


def _topic_level(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if value and not re.match(TOPIC_LEVEL, value):
        raise click.BadParameter("is no level of a topic: no space, /, + or #, and 64 characters at most")
    return value


@main.command("watch")
@click.option("--url", default="", help="mqtts://[USER@]HOST[:PORT]; without it, the broker of --config.")
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True, help="TOML file.")
@click.option("--password-file", default="", help="Or the environment EMOTION_EDGE_PASSWORD; never on a command line.")
@click.option("--ca", default="", help="Certificate authority of the broker, PEM; default: the system's.")
@click.option("--base", default="emotion-edge/v1", show_default=True, help="First levels of every topic, with --url.")
@click.option("--site", default="", callback=_topic_level, help="Only this site; default: all.")
@click.option("--device", default="", callback=_topic_level, help="Only this device; default: all.")
@click.option("--csv", "csv_file", default="", help="Append every record to a file; - for standard output.")
@click.option("--jsonl", "jsonl_file", default="", help="The same as a line of JSON, as it was published.")
@click.option("--duration", type=click.FloatRange(min=0), help="End after so many seconds; otherwise Ctrl-C.")
@click.option("--once", is_flag=True, help="Print one table and end; waits 15 s at most, or --duration.")
def watch_command(
    url: str,
    config: Path,
    password_file: str,
    ca: str,
    base: str,
    site: str,
    device: str,
    csv_file: str,
    jsonl_file: str,
    duration: float | None,
    once: bool,
) -> None:
    """Show what the devices of a broker publish, live; export it.

    In a terminal a table, elsewhere a line for each record. Values that a device withheld are named by their reason and
    empty in an export. Ends with 69 where --duration or --once is over and the broker was never reached.
    """
    from edge.mqtt.client import read_secrets  # noqa: PLC0415
    from edge.watch.address import from_config, from_url, in_options, with_environment  # noqa: PLC0415
    from edge.watch.export import Export  # noqa: PLC0415
    from edge.watch.feed import Feed  # noqa: PLC0415
    from edge.watch.watch import Watch, watch  # noqa: PLC0415

    if csv_file == jsonl_file == "-":
        raise click.UsageError("--csv - and --jsonl - would be mixed up; send one of them to a file")
    stop = stop_on_signal()
    mqtt = from_url(url, ca, password_file, base) if url else from_config(config)
    feed = Feed(mqtt, with_environment(read_secrets(mqtt)), site, device, *([in_options] if url else []))
    with contextlib.ExitStack() as files:
        targets = {"csv": csv_file, "jsonl": jsonl_file}
        exports = [files.enter_context(Export(name, kind)) for kind, name in targets.items() if name]
        watch(Watch(feed, mqtt.base, exports), stop, duration, once=once)


@main.command("check-config")
@click.argument("file", type=click.Path(path_type=Path), default=DEFAULT_PATH)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def check_config_command(file: Path, as_json: bool) -> None:
    """Check a configuration and every file that it names; print all problems at once."""
    from edge.commands.check_config import check, report  # noqa: PLC0415

    problems = check(file)
    click.echo(report(file, problems, as_json=as_json))
    sys.exit(EX_CONFIG if problems else 0)


@main.command("doctor")
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True, help="TOML file.")
@click.option("--privacy", is_flag=True, help="Every promise, what holds it, and whether it holds here.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def doctor_command(config: Path, privacy: bool, as_json: bool) -> None:
    """Look at libraries, camera, model, broker, clock, heat, supply, disk and services; say what to do.

    Ends with 0 where nothing failed (warnings do not count), else 78 configuration or installation, 69 something is out
    of reach, 70 anything else.
    """
    from edge.doctor.doctor import examine, exit_code, report  # noqa: PLC0415

    _take_credentials()
    findings = examine(load(config), promises=privacy)
    click.echo(report(config, findings, as_json=as_json))
    sys.exit(exit_code(findings))


@main.command("decommission")
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True, help="TOML file.")
def decommission_command(config: Path) -> None:
    """Let the broker and Home Assistant forget this device: remove what it left there as retained messages.

    Stop the daemon first; as long as it runs this is refused. Ends with 69 where the broker is out of reach.
    """
    from edge.publisher.decommission import decommission  # noqa: PLC0415

    set_up("decommission", verbose=False)
    _take_credentials()
    for topic in decommission(load(config)):
        click.echo(f"removed {topic}")


@main.command("default-config")
def default_config_command() -> None:
    """Print the default configuration with a comment for every key."""
    click.echo(annotated_toml(), nl=False)


@main.command("count")
@click.argument("pictures", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="A line of JSON per picture, boxes in source pixels.")
@click.option(
    "--draw",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for an SVG per picture: outlines over a link to it.",
)
@click.option(
    "--config", type=click.Path(path_type=Path), help="TOML file, for its [vision]; default: the built-in values."
)
def count_command(pictures: tuple[Path, ...], as_json: bool, draw: Path | None, config: Path | None) -> None:
    """Print whom the daemon would find on single pictures."""
    from edge.tools.count import count  # noqa: PLC0415

    sys.exit(count(pictures, load(config) if config else Settings(), draw, as_json=as_json))


@main.command("aim")
@click.option("--config", type=click.Path(path_type=Path), help="TOML file; default: the built-in values.")
@click.option("--source", default="", help="Overrides camera.source.")
@click.option(
    "--field-of-view",
    type=click.FloatRange(5, 179),
    default=66.0,
    show_default=True,
    help="Of the lens from left to right, degrees: camera module 1: 54, 2: 62, 3: 66, 3 wide: 102.",
)
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def aim_command(config: Path | None, source: str, field_of_view: float, as_json: bool) -> None:
    """Help to mount the camera: where faces are, whether they are large enough, what is ignored; never the picture."""
    from edge.tools.aim import look, report  # noqa: PLC0415

    settings = load(config) if config else Settings()
    if source:
        settings = settings.model_copy(update={"camera": settings.camera.model_copy(update={"source": source})})
    click.echo(report(look(settings, field_of_view), as_json=as_json))


@main.command("bench")
@click.argument("source")
@click.option(
    "--frames", type=click.IntRange(min=1), default=100, show_default=True, help="Frames to analyse, at most."
)
@click.option("--config", type=click.Path(path_type=Path), help="TOML file; default: the built-in values.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON.")
def bench_command(source: str, frames: int, config: Path | None, as_json: bool) -> None:
    """Measure this device: milliseconds per stage, CPU per frame, memory, on SOURCE at full speed."""
    from edge.tools.bench import bench, report  # noqa: PLC0415

    click.echo(report(bench(load(config) if config else Settings(), source, frames), as_json=as_json))
