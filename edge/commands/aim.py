"""`emotion-edge aim`: mount the camera."""

import sys
from pathlib import Path

import click

from edge.commands.options import installed_settings


@click.command("aim")
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    help="TOML file; default: /etc/emotion-edge/config.toml if it exists, else the built-in values.",
)
@click.option("--source", default="", help="Use this source instead of camera.source.")
@click.option(
    "--field-of-view",
    type=click.FloatRange(5, 179),
    help="Horizontal field of view of the picture in degrees, where the camera does not tell it (default then: 66); "
    "camera module 1: 54, 2: 62, 3: 66, 3 wide: 102.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def command(config: Path | None, source: str, field_of_view: float | None, as_json: bool) -> None:
    """Show where faces are, whether they are large enough, which zones are ignored, and what is wrong with the picture.

    It looks at a few frames, and never shows the picture.
    """
    from edge.tools.aim import FRAMES, look
    from edge.tools.aim_report import report

    settings = installed_settings(config)
    if source:
        settings = settings.model_copy(update={"camera": settings.camera.with_source(source)})

    def progress(number: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\rlooking, frame {number} of {FRAMES} ...", nl=number == FRAMES, err=True)

    click.echo(report(look(settings, field_of_view, progress), as_json=as_json))
