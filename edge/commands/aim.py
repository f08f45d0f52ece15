"""`emotion-edge aim`: help to mount the camera."""

from pathlib import Path

import click

from edge.config import Settings
from edge.config.file import load


@click.command("aim")
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
def command(config: Path | None, source: str, field_of_view: float, as_json: bool) -> None:
    """Help to mount the camera: where faces are, whether they are large enough, what is ignored; never the picture."""
    from edge.tools.aim import look, report

    settings = load(config) if config else Settings()
    if source:
        settings = settings.model_copy(update={"camera": settings.camera.model_copy(update={"source": source})})
    click.echo(report(look(settings, field_of_view), as_json=as_json))
