"""What `report` and `upgrade-plan` share: they listen to all devices of a broker, and may write a page."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.errors import Unavailable
from edge.system.process import stop_on_signal

if TYPE_CHECKING:
    from edge.commands.broker_options import BrokerChoice
    from edge.contract.reading import Place
    from edge.fleet.listen import Listener


def listen(broker: "BrokerChoice", expected: "set[Place]", seconds: float) -> "Listener":
    """Return what the devices of a broker said; SIGINT and SIGTERM end it before.

    Args:
        broker: which one.
        expected: devices that there should be; those of the chosen site are waited for.
        seconds: it ends then at the latest.

    Raises:
        BrokerError: the broker was not reached in that time.

    """
    from edge.fleet.listen import Listener

    stop = stop_on_signal()
    feed, base = broker.feed()
    listener = Listener(feed, base)
    awaited = {place for place in expected if broker.site in {"", place.site}}
    listener.listen(awaited, seconds, stop, _show_progress)
    return listener


def write_page(file: Path, text: str) -> None:
    """Write a page; raise `Unavailable` where that is impossible."""
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Unavailable(str(file), f"cannot be written ({error.strerror})", "name another file") from error


def _show_progress(done: int, known: int) -> None:
    """Rewrite one line on a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r{done} of {known} devices have said how they are ", err=True, nl=False)
