"""Which broker a command listens to: the options of `watch` and `report`."""

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge.commands.options import take_credentials
from edge.config import TOPIC_LEVEL
from edge.config.file import DEFAULT_PATH
from edge.errors import ConfigError
from edge.system.paths import exists

if TYPE_CHECKING:
    from edge.watch.feed import Feed


@dataclass(frozen=True)
class BrokerChoice:
    """The values of the options."""

    url: str
    config: Path
    password_file: str
    ca: str
    base: str
    site: str

    def feed(self, device: str = "") -> "tuple[Feed, str]":
        """Return what brings the messages, and the first levels of their topics.

        Args:
            device: only this one; empty: all.

        Raises:
            ConfigError: the address, the configuration or a file of it cannot be used.

        """
        from edge.mqtt.credentials import read_secrets
        from edge.watch.address import OPTIONS, from_config, from_url, with_environment
        from edge.watch.feed import Feed

        take_credentials()
        self._check_named()
        names = OPTIONS if self.url else {}
        mqtt = from_url(self.url, self.ca, self.password_file, self.base) if self.url else from_config(self.config)
        try:
            shown = read_secrets(mqtt)
        except ConfigError as error:
            raise error.name_settings(names)  # noqa: B904 - the same error
        return Feed(mqtt, with_environment(shown), self.site, device, names), mqtt.base

    def _check_named(self) -> None:
        """Name both ways to name a broker, where neither was taken and this machine is no device, or hides its file."""
        if self.url or self.config != DEFAULT_PATH:
            return
        match exists(DEFAULT_PATH):
            case False:
                problem = f"is not named, and there is no {DEFAULT_PATH}"
                remedy = "add --url mqtts://[USER@]HOST[:PORT], or --config FILE of a device"
                raise ConfigError("the broker", problem, remedy)
            case None:
                problem = f"is not named, and this user cannot read {DEFAULT_PATH}"
                raise ConfigError("the broker", problem, "use sudo, or add --url mqtts://[USER@]HOST[:PORT]")


def topic_level(_context: click.Context, _option: click.Parameter, value: str) -> str:
    """Check an option that becomes a level of a topic."""
    if value and not re.match(TOPIC_LEVEL, value):
        raise click.BadParameter("is not a topic level; use at most 64 characters, without space, /, + and #")
    return value


_OPTIONS = (
    click.option("--url", default="", help="mqtts://[USER@]HOST[:PORT]; default: the broker of --config."),
    click.option(
        "--config", type=click.Path(path_type=Path), default=DEFAULT_PATH, show_default=True, help="TOML file."
    ),
    click.option(
        "--password-file",
        default="",
        help="File with the password; or set EMOTION_EDGE_PASSWORD. There is no option for the password itself.",
    ),
    click.option(
        "--ca", default="", help="PEM file of the certificate authority of the broker; default: those of the system."
    ),
    click.option(
        "--base", default="emotion-edge/v1", show_default=True, help="First levels of every topic; used with --url."
    ),
    click.option("--site", default="", callback=topic_level, help="Only this site; default: all."),
)


def broker_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; the command gets them as `broker`."""

    @functools.wraps(command)
    def with_choice(**values: Any) -> Any:  # noqa: ANN401 - what click passes
        chosen = {name: values.pop(name) for name in BrokerChoice.__dataclass_fields__}
        return command(broker=BrokerChoice(**chosen), **values)

    for option in reversed(_OPTIONS):
        with_choice = option(with_choice)
    return with_choice
