"""`emotion-edge hub alerts`: whether messages arrive."""

import time
from pathlib import Path

import click

from edge.commands.hub_accounts import CONFIG


@click.group("alerts")
def alerts() -> None:
    """Notify people where a device or the hub needs them; see [alerts] of the configuration."""


@alerts.command("test")
@CONFIG
def test(config: Path) -> None:
    """Send a test message to every address of alerts.urls_file, and print who took it; the hub may run meanwhile."""
    from edge.commands.options import take_credentials
    from edge.errors import ConfigError, Unavailable
    from edge.hub.alerts.delivery import receivers
    from edge.hub.alerts.wording import test_text
    from edge.hub.settings import load

    take_credentials()
    settings = load(config).alerts
    found = receivers(settings.urls_file)
    if not found:
        raise ConfigError(config, "names no addresses", "set {}", "alerts.urls_file")
    text = test_text(time.time(), settings.zone)
    outcomes = [each.send(text) for each in found]
    for outcome in outcomes:
        click.echo(f"line {outcome.receiver}: {outcome.problem or 'sent'}")
    failed = [outcome.receiver for outcome in outcomes if outcome.problem]
    if failed:
        raise Unavailable("the test message", f"was not taken by line {', '.join(failed)}", "correct these lines")
