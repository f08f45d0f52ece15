"""`emotion-edge demo`: everything on one machine, on loopback."""

import os

import click


@click.command("demo")
@click.option(
    "--source",
    default="scene",
    show_default=True,
    help="scene, the number of a webcam, a video file, or a folder of pictures.",
)
@click.option(
    "--records", type=click.IntRange(min=1), help="End after this number of records; default: run until Ctrl-C."
)
@click.option("--port", type=click.IntRange(1, 65535), help="TCP port of the broker of the demo; default: a free one.")
@click.option("--json", "as_json", is_flag=True, help="Print each record as one line of JSON.")
@click.option(
    "--browser/--no-browser",
    default=lambda: bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")),
    help="Open the dashboard; default: if there is a screen.",
)
def command(source: str, records: int | None, port: int | None, as_json: bool, browser: bool) -> None:
    """Show everything on this machine: broker, daemon, dashboard and subscriber, on loopback."""
    from edge.demo.demo import demo

    demo(source, records, port, as_json=as_json, browser=browser)
