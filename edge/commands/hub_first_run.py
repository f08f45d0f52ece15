"""`emotion-edge hub first-run`: the set-up page of install.sh --all-in-one, which runs these commands."""

import contextlib
import os
import select
import subprocess
import threading
from pathlib import Path

import click

from edge.errors import ConfigError, UnusableInput

_CODE = Path("/run/emotion-edge/first-run-code")
_FOLDER = Path("/run/emotion-edge-first-run")
_PREFIX = Path("/opt/emotion-edge")
_UNIT = "emotion-edge-first-run.service"


@click.group("first-run")
def first_run() -> None:
    """Set this machine up on a page, where nobody answers on the terminal; install.sh --all-in-one runs these."""


@first_run.command("code")
def code() -> None:
    """Make a new one-time code for the page, and print it with the page's address and a QR code; as root."""
    from edge.commands.options import take_credentials
    from edge.hub.addresses import describe_first_run
    from edge.hub.first_run.code import new_code
    from edge.hub.first_run.server import settings_of_first_run
    from edge.system.state_file import replace

    take_credentials()
    secret = new_code()
    try:
        replace(_CODE, secret, 0o600)
    except OSError as error:
        raise ConfigError(_CODE, f"cannot be written ({error.strerror})", "use sudo") from error
    for line in describe_first_run(settings_of_first_run(), secret):
        click.echo(line)


@first_run.command("serve")
def serve() -> None:
    """Serve the page until it was answered, for an hour, or until ten wrong codes; the service runs it."""
    from edge.hub.first_run.code import Code
    from edge.hub.first_run.server import serve as run
    from edge.hub.first_run.server import settings_of_first_run
    from edge.system.logs import set_up

    set_up("hub", verbose=False)
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    if folder is None:
        raise ConfigError(_UNIT, "is not started by systemd", "run: sudo deploy/install.sh --all-in-one --ask page")
    run(settings_of_first_run(), Code((Path(folder) / "code").read_text()), _FOLDER)


@first_run.command("look")
def look() -> None:
    """Print outlines of faces as lines of JSON, every two seconds; the page starts it, with a socket as its output."""
    from edge.commands.options import installed_settings
    from edge.contract.outlines import Outlines
    from edge.tools.aim_live import live

    output = os.dup(1)
    os.dup2(2, 1)  # whatever else is printed, by the camera's process, too, belongs into the log
    threading.Thread(target=_end_with, args=(output,), daemon=True).start()

    def send(message: Outlines) -> None:
        rest = f"{message.model_dump_json()}\n".encode()
        while rest:
            rest = rest[os.write(output, rest) :]

    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    chosen = (Path(folder) / "camera").read_text().strip() if folder else ""
    settings = installed_settings(None)
    if chosen:
        settings = settings.model_copy(update={"camera": settings.camera.with_source(chosen)})
    with contextlib.suppress(ConnectionError):  # the browser has left
        live(settings, send)


def _end_with(output: int) -> None:
    """End this process, and with it the camera's, as soon as nobody is at the other end of a socket or pipe."""
    hung_up = select.poll()
    hung_up.register(output, 0)
    hung_up.poll()
    os._exit(0)


@first_run.command("apply")
def apply() -> None:
    """Check the answers of the page and run the installer with them; as root, by the service."""
    from edge.hub.first_run.answers import take
    from edge.hub.first_run.apply import apply as run
    from edge.hub.first_run.server import ANSWERS

    if os.geteuid() != 0:
        raise ConfigError("emotion-edge hub first-run apply", "needs root", "the page starts it by itself")
    try:
        answers = take(_FOLDER / ANSWERS)
    finally:
        # It frees the port for the hub, and with it goes its folder.
        subprocess.run(["/usr/bin/systemctl", "stop", _UNIT], timeout=60, check=False)  # noqa: S603 - systemd's own
    wheels = sorted((_PREFIX / "first-run").glob("*.whl"))
    if len(wheels) != 1:
        raise UnusableInput(_PREFIX / "first-run", "has no release", "run: install.sh --all-in-one --ask page")
    camera = _PREFIX / "first-run" / "camera"
    installer = _PREFIX / "current/share/emotion-edge/install.sh"
    run(answers, installer, wheels[0], camera.read_text().strip() if camera.exists() else "")
