"""`emotion-edge enrol`: certificates for devices that were set up by a prepared card."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:  # --help must not import them
    from edge.card.authority import Authority
    from edge.card.codes import Codes
    from edge.card.inventory import Inventory

CODES = click.option(
    "--codes",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("~/.config/emotion-edge/enrolment"),
    show_default=True,
    help="Folder of the one-time codes; the same for card and enrol.",
)


_DIGESTS = "inventory-digest"
"""In the folder of codes: by it an inventory is known as the one that was written last."""


@click.command("enrol")
@CODES
@click.option("--broker", default="", metavar="URL", help="Address of the broker for the devices: mqtts://HOST:8883.")
@click.option(
    "--ca",
    type=click.Path(path_type=Path),
    default=Path("/etc/mosquitto/emotion-edge"),
    show_default=True,
    help="Folder of the broker's certificate authority (emotion-edge-credentials).",
)
@click.option(
    "--inventory",
    type=click.Path(path_type=Path),
    default=Path("enrolled.yml"),
    show_default=True,
    help="Inventory of Ansible to write; known_hosts lies beside it.",
)
@click.option("--listen", default="0.0.0.0:8353", show_default=True, metavar="ADDRESS:PORT", help="Where devices ask.")
@click.option("--approve", default="", metavar="HOST", help="Approve the device that waits, and end.")
@click.option("--deny", default="", metavar="HOST", help="Deny it, and end: its card is good for nothing then.")
@click.option(
    "--forget", default="", metavar="HOST", help="Take a device that was retired out of the inventory, and end."
)
@click.option("--list", "listing", is_flag=True, help="List all cards and where they stand, and end.")
@click.option("--approve-known", is_flag=True, help="Approve every device that has a valid code, without asking.")
@click.option("--replace", is_flag=True, help="Let a name that has a certificate get another; the former is revoked.")
@click.option("--reload/--no-reload", default=True, help="Let Mosquitto read the new rights.  [default: reload]")
def command(
    folder: Path,
    broker: str,
    ca: Path,
    inventory: Path,
    listen: str,
    approve: str,
    deny: str,
    forget: str,
    listing: bool,
    approve_known: bool,
    replace: bool,
    reload: bool,
) -> None:
    """Sign certificates of devices that a card from `emotion-edge card` has started; on the broker's machine.

    Each device is shown, and waits until somebody types y, or runs `enrol --approve HOST`. Ctrl-C ends it.
    """
    from edge.card.codes import Codes

    codes = Codes(folder.expanduser())
    if approve or deny:
        done = codes.decide(approve or deny, approve=bool(approve))
        click.echo(f"{done.host}: {done.step}")
    elif forget:
        _forget(codes, inventory.absolute(), forget)
    elif listing:
        from edge.card.terminal import describe

        for one in codes.all():
            click.echo(f"{one.step}\t{describe(one)}")
    else:
        from edge.card.authority import Authority
        from edge.card.inventory import Inventory

        _require_packages()
        url, address = _broker(broker), _address(listen)
        book = Inventory(inventory.absolute(), codes.folder / _DIGESTS, url)
        book.check()
        authority = Authority(ca, replace=replace)
        authority.check_broker(url)
        _serve(codes, authority, book, url, address, approve_known=approve_known, reload=reload)


def _forget(codes: "Codes", file: Path, host: str) -> None:
    """Remove a device from the records and the inventory: run again, it finishes what was broken off."""
    from edge.card.inventory import Inventory
    from edge.errors import ConfigError

    listed = Inventory(file, codes.folder / _DIGESTS, "").forget(host)
    if not codes.forget(host) and not listed:
        names = ", ".join(one.host for one in codes.all()) or "none"
        raise ConfigError(host, "no card was written for this host", f"known are: {names}")
    click.echo(f"{host}: forgotten")


def _serve(
    codes: "Codes",
    authority: "Authority",
    book: "Inventory",
    url: str,
    address: tuple[str, int],
    *,
    approve_known: bool,
    reload: bool,
) -> None:
    from edge.card import certificate
    from edge.card.server import Desk, serve
    from edge.card.terminal import Approver
    from edge.system.logs import set_up

    set_up("hub", verbose=False)
    ask = input if sys.stdin.isatty() else None
    desk = Desk(codes, authority, book, url, approve_known, _reload if reload else lambda: None)
    approver = Approver(codes, click.echo, ask)

    def ready(port: int) -> None:
        own, _key = certificate.files(codes.folder)
        click.echo(f"enrolment server on {address[0]}:{port}, certificate SHA-256 {certificate.fingerprint(own)}")
        approver.start()

    serve(desk, codes.folder, address, ready)
    approver.stop()


def _require_packages() -> None:
    from edge.errors import ConfigError

    for name in ("fastapi", "uvicorn"):
        if importlib.util.find_spec(name) is None:
            problem = f"needs {name}, which is not installed"
            raise ConfigError(
                "emotion-edge enrol", problem, "pip install 'emotion-edge[hub]', or sudo deploy/install.sh --hub"
            )


def _broker(url: str) -> str:
    """Return the broker's address; devices have a certificate, so TLS alone is of use."""
    if not re.fullmatch(r"mqtts://[A-Za-z0-9.\[\]:-]+", url):
        raise click.UsageError("name the broker for the devices: --broker mqtts://HOST:8883")
    return url


def _address(text: str) -> tuple[str, int]:
    host, _colon, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:  # noqa: PLR2004 - of TCP
        raise click.UsageError(f"--listen {text}: write ADDRESS:PORT, such as 0.0.0.0:8353")
    return host, int(port)


def _reload() -> None:
    """Let the broker read the new rights; without it, it would drop what the device publishes."""
    words = ["systemctl", "reload", "mosquitto.service"]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - fixed words
        problem = (done.stderr.strip() or f"exit code {done.returncode}") if done.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        problem = str(error)
    if problem:
        click.echo(f"mosquitto was not reloaded ({problem}); reload it, or pass --no-reload", err=True)
