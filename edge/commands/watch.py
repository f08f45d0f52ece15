"""`emotion-edge watch`: what the devices of a broker publish."""

import contextlib

import click

from edge.commands.broker_options import BrokerChoice, broker_options, topic_level
from edge.system.process import stop_on_signal


@click.command("watch")
@broker_options
@click.option("--device", default="", callback=topic_level, help="Only this device; default: all.")
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
    broker: BrokerChoice, device: str, csv_file: str, jsonl_file: str, duration: float | None, *, once: bool
) -> None:
    """Show live what the devices of a broker publish, and export it.

    In a terminal it shows a table, elsewhere one line per record. For withheld values it shows the reason; in an export
    they are empty. It ends with 69 if the broker was not reached before the end of --duration or --once.
    """
    from edge.watch.export import Export
    from edge.watch.watch import Watch, watch

    if csv_file == jsonl_file == "-":
        raise click.UsageError("--csv - and --jsonl - cannot both use standard output; write one of them to a file")
    stop = stop_on_signal()
    feed, base = broker.feed(device)
    with contextlib.ExitStack() as files:
        targets = {"csv": csv_file, "jsonl": jsonl_file}
        exports = [files.enter_context(Export(name, kind)) for kind, name in targets.items() if name]
        watch(Watch(feed, base, exports), stop, duration, once=once)
