"""`emotion-edge demo`: everything on one machine, on loopback."""

import os
import re

import click


def _listen(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[str, int] | None:
    if value is None:
        return None
    found = re.fullmatch(r"(?:\[?([^\[\]]*)\]?:)?(\d{1,5})", value)
    if found is None or not 0 < int(found[2]) < 65536:  # noqa: PLR2004 - the largest port
        raise click.BadParameter("is not [ADDRESS:]PORT; write for example 8080, 192.168.1.20:8080 or [::1]:8080")
    return found[1] or "", int(found[2])


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
@click.option(
    "--listen",
    metavar="[ADDRESS:]PORT",
    is_flag=False,
    flag_value="8080",
    callback=_listen,
    help="Open the dashboard to other machines; without a value: port 8080 of every address. With the extra `hub` and "
    "Mosquitto it is a hub's: with a history, and a password that is printed. Otherwise it has neither.",
)
@click.option(
    "--school/--no-school",
    default=None,
    help="Also show six simulated rooms with a history, on the page of a hub; default: unless --json is given. The "
    "history needs the extra `hub` and Mosquitto.",
)
@click.option("--json", "as_json", is_flag=True, help="Print each record as one line of JSON.")
@click.option(
    "--browser/--no-browser",
    default=lambda: bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")),
    help="Open the dashboard; default: if there is a screen.",
)
def command(
    source: str,
    records: int | None,
    port: int | None,
    listen: tuple[str, int] | None,
    school: bool | None,
    as_json: bool,
    browser: bool,
) -> None:
    """Show everything on this machine: broker, daemon, simulated rooms, dashboard and subscriber, on loopback."""
    from edge.demo.demo import demo

    simulated = not as_json if school is None else school
    demo(source, records, port, listen, school=simulated, as_json=as_json, browser=browser)
