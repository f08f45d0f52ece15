"""`emotion-edge aim`: mount the camera."""

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
    default=66.0,
    show_default=True,
    help="Horizontal field of view of the lens in degrees; camera module 1: 54, 2: 62, 3: 66, 3 wide: 102.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def command(config: Path | None, source: str, field_of_view: float, as_json: bool) -> None:
    """Show where faces are, whether they are large enough, and which zones are ignored; never the picture."""
    from edge.tools.aim import look, report

    settings = installed_settings(config)
    if source:
        settings = settings.model_copy(update={"camera": settings.camera.with_source(source)})
    click.echo(report(look(settings, field_of_view), as_json=as_json))
