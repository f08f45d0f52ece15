"""`emotion-edge watch`: what the devices of a broker publish."""

import contextlib
import re
from pathlib import Path

import click

from edge.config import TOPIC_LEVEL
from edge.config.file import DEFAULT_PATH
from edge.errors import ConfigError
from edge.system.process import stop_on_signal


def _topic_level(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if value and not re.match(TOPIC_LEVEL, value):
        raise click.BadParameter("is not a topic level; use at most 64 characters, without space, /, + and #")
    return value


@click.command("watch")
@click.option("--url", default="", help="mqtts://[USER@]HOST[:PORT]; default: the broker of --config.")
@click.option("--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True, help="TOML file.")
@click.option(
    "--password-file",
    default="",
    help="File with the password; or set EMOTION_EDGE_PASSWORD. There is no option for the password itself.",
)
@click.option(
    "--ca", default="", help="PEM file of the certificate authority of the broker; default: those of the system."
)
@click.option(
    "--base", default="emotion-edge/v1", show_default=True, help="First levels of every topic; used with --url."
)
@click.option("--site", default="", callback=_topic_level, help="Only this site; default: all.")
@click.option("--device", default="", callback=_topic_level, help="Only this device; default: all.")
@click.option("--csv", "csv_file", default="", help="Append each record to this CSV file; -: standard output.")
@click.option(
    "--jsonl",
    "jsonl_file",
    default="",
    help="Append each record as one line of JSON, as published; -: standard output.",
)
@click.option(
    "--duration", type=click.FloatRange(min=0), help="End after this number of seconds; default: run until Ctrl-C."
)
@click.option("--once", is_flag=True, help="Print one table and end; it waits at most 15 s, or --duration.")
def command(
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
    """Show live what the devices of a broker publish, and export it.

    In a terminal it shows a table, elsewhere one line per record. For withheld values it shows the reason; in an export
    they are empty. It ends with 69 if the broker was not reached before the end of --duration or --once.
    """
    from edge.commands.options import take_credentials
    from edge.mqtt.credentials import read_secrets
    from edge.watch.address import OPTIONS, from_config, from_url, with_environment
    from edge.watch.export import Export
    from edge.watch.feed import Feed
    from edge.watch.watch import Watch, watch

    if csv_file == jsonl_file == "-":
        raise click.UsageError("--csv - and --jsonl - cannot both use standard output; write one of them to a file")
    stop = stop_on_signal()
    take_credentials()
    names = OPTIONS if url else {}
    mqtt = from_url(url, ca, password_file, base) if url else from_config(config)
    try:
        shown = read_secrets(mqtt)
    except ConfigError as error:
        raise error.name_settings(names)  # noqa: B904 - the same error
    feed = Feed(mqtt, with_environment(shown), site, device, names)
    with contextlib.ExitStack() as files:
        targets = {"csv": csv_file, "jsonl": jsonl_file}
        exports = [files.enter_context(Export(name, kind)) for kind, name in targets.items() if name]
        watch(Watch(feed, mqtt.base, exports), stop, duration, once=once)
