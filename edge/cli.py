"""The command `emotion-edge`: the list of commands and the handling of errors. `commands/` has a file for each."""

import errno
import io
import sys
import traceback
from importlib import import_module
from typing import Any

import click

from edge import __version__
from edge.errors import EX_SOFTWARE, EdgeError, redact

VERBS = (
    "aim",
    "apply",
    "bench",
    "card",
    "check-config",
    "count",
    "decommission",
    "default-config",
    "demo",
    "doctor",
    "enrol",
    "hub",
    "observe",
    "practice",
    "publish",
    "report",
    "run",
    "schemas",
    "simulate",
    "upgrade-plan",
    "watch",
)

_EXIT_CODES = """\b
Exit codes: 0 success, 2 wrong command line, 66 input cannot be read, 69 something cannot be
reached, 70 internal error (in doctor, report and upgrade-plan: a device needs a person), 75 stopped,
and closed records are lost, 78 configuration (a restart does not help)."""
_REPORT = f"please open an issue with the lines above; this is version {__version__}"
_OF_CLICK = (click.ClickException, click.exceptions.Exit, click.Abort, EOFError)
"""click ends the command for these by itself."""


class _LazyGroup(click.Group):
    """Loads the file of a command when it is called; prints errors as lines and ends with their exit code."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(f"edge.commands.{cmd_name.replace('-', '_')}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="surrogateescape")  # names of files are printed as the bytes that they are
        try:
            return super().invoke(ctx)
        except EdgeError as error:
            for line in error.lines():
                click.echo(f"emotion-edge: {line}", err=True)
            sys.exit(error.exit_code)
        except _OF_CLICK:
            raise
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.EPIPE:
                raise  # click ends quietly where who read the output has gone
            click.echo(redact(traceback.format_exc()), err=True, nl=False)
            click.echo(redact(f"emotion-edge: internal error ({_named(error)}); {_REPORT}"), err=True)
            sys.exit(EX_SOFTWARE)


def _named(error: Exception) -> str:
    """Return the kind and the first line of the message of an exception."""
    return traceback.format_exception_only(error)[-1].strip().partition("\n")[0]


@click.group(cls=_LazyGroup, epilog=_EXIT_CODES)
@click.version_option(__version__, prog_name="emotion-edge")
def main() -> None:
    """Count shown emotions in a room, on the device, and publish only the counts.

    Try `emotion-edge demo` first: it needs no camera, no broker and no root. On a device: write
    /etc/emotion-edge/config.toml (see `default-config`), check it with `check-config`, then `run`.
    """
