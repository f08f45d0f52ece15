"""`emotion-edge demo`: everything on one machine, on loopback."""

import os

import click


@click.command("demo")
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
def command(source: str, records: int | None, port: int | None, as_json: bool, browser: bool) -> None:
    """Show the whole road here and now: broker, daemon, dashboard, subscriber, on loopback."""
    from edge.demo.demo import demo

    demo(source, records, port, as_json=as_json, browser=browser)
