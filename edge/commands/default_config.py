"""`emotion-edge default-config`: the configuration with its default values."""

import click

from edge.config.manual import annotated_toml


@click.command("default-config")
def command() -> None:
    """Print the default configuration with a comment for every key."""
    click.echo(annotated_toml(), nl=False)
