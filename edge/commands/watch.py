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
        raise click.BadParameter("is no level of a topic: no space, /, + or #, and 64 characters at most")
    return value


@click.command("watch")
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
    """Show what the devices of a broker publish, live; export it.

    In a terminal a table, elsewhere a line for each record. Values that a device withheld are named by their reason and
    empty in an export. Ends with 69 where --duration or --once is over and the broker was never reached.
    """
    from edge.mqtt.credentials import read_secrets
    from edge.watch.address import OPTIONS, from_config, from_url, with_environment
    from edge.watch.export import Export
    from edge.watch.feed import Feed
    from edge.watch.watch import Watch, watch

    if csv_file == jsonl_file == "-":
        raise click.UsageError("--csv - and --jsonl - would be mixed up; send one of them to a file")
    stop = stop_on_signal()
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
