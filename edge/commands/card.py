"""`emotion-edge card`: writes what a new device needs onto its card."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from edge.commands.enrol import CODES

if TYPE_CHECKING:  # --help must not import them
    from edge.card.codes import Codes
    from edge.card.plan import Plan, Wifi
    from edge.card.writer import Server

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("card")
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--host", default="", help="Name of the device in the inventory, such as pi-b12; its first part is the host name."
)
@click.option(
    "--from",
    "sheet",
    type=_FILE,
    help="Spreadsheet of devices (CSV, as for inventory_from_csv.py); --host names the line.",
)
@click.option(
    "--id", "device_id", default="", help="Name in topics and certificate.  [default: the first part of --host]"
)
@click.option("--site", default="", help="Building or school, such as north.")
@click.option("--room", default="", help="Name of the room.")
@click.option("--mode", type=click.Choice(["presence", "emotions"]), help="What is observed.  [default: presence]")
@click.option("--user", default="pi", show_default=True, help="Who may log in, by ssh key alone.")
@click.option(
    "--ssh-key", "ssh_keys", type=_FILE, multiple=True, metavar="FILE.pub", help="Public key; may be repeated."
)
@click.option("--wifi", default="", metavar="NAME", help="Wi-Fi network; without it, a cable is used.")
@click.option("--wifi-password-file", type=_FILE, help="File that holds only its password; default: it is asked.")
@click.option("--country", default="", metavar="XX", help="Two letters, whose radio rules hold: DE.")
@click.option("--time-zone", default="", help="Such as Europe/Berlin.")
@click.option(
    "--os",
    "system",
    type=click.Choice(["auto", "trixie", "bookworm"]),
    default="auto",
    show_default=True,
    help="Release.",
)
@click.option("--wheel", type=_FILE, help="The release to install.  [default: the one in dist/]")
@click.option(
    "--wheels", type=click.Path(path_type=Path, file_okay=False), help="Folder of libraries, for no internet."
)
@click.option("--server", required=True, metavar="HOST[:PORT]", help="Where `emotion-edge enrol` runs.")
@CODES
@click.option("--dry-run", is_flag=True, help="Print what would be written, secrets masked.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(target: Path, dry_run: bool, as_json: bool, server: str, folder: Path, system: str, **said: Any) -> None:  # noqa: ANN401 - click's values
    """Prepare a card: at its first boot, the device enrols itself, installs the release and counts.

    TARGET is the mounted boot partition of a card that was just written with Raspberry Pi OS (64 bit), or an image file
    (mtools). `emotion-edge enrol` must know the codes: run both on one machine, as one user.
    """
    from edge.card import plan, wheel, writer
    from edge.card.partition import open_partition

    wanted = _plan(said)
    plan.check(wanted)
    partition = open_partition(target)
    found = writer.release_of(partition, system)
    release = wheel.load(wheel.find(said["wheel"]), said["wheels"])
    start = writer.Start(found, partition.read("cmdline.txt").decode(errors="replace"))
    if dry_run:
        there = writer.Server(_server(server), _known_fingerprint(folder.expanduser()))
        content = writer.files(wanted, release, there, "(a new one-time code)", start)
        writer.check_space(partition, content)
        _print_dry(writer.masked(content, {wanted.wifi.psk} if wanted.wifi else set()), as_json)
        return
    codes, own = _enrolment(folder.expanduser())
    there = writer.Server(_server(server), own)
    # Before a code is made: a card that is full costs none.
    writer.check_space(partition, writer.files(wanted, release, there, "0" * 31, start))
    content = writer.files(wanted, release, there, _issue(codes, wanted), start)
    _print_done(wanted.host, found, writer.write(partition, content), there, as_json)


def _plan(said: dict[str, Any]) -> "Plan":
    """Return the card as command line and spreadsheet describe it."""
    from edge.card import plan, spreadsheet

    if not said["host"]:
        raise click.UsageError("name the device: --host pi-b12")
    row = spreadsheet.read(said["sheet"], said["host"]) if said["sheet"] else None
    names = row.names if row else {}
    settings = {name: dict(keys) for name, keys in row.settings.items()} if row else {}
    if said["mode"]:
        settings.setdefault("", {})["mode"] = said["mode"]
    for name in ("site", "room"):
        if not (said[name] or names.get(name)):
            raise click.UsageError(f"--{name} is missing; write it, or take it --from devices.csv")
    return plan.Plan(
        host=said["host"],
        device_id=said["device_id"] or names.get("id") or said["host"].partition(".")[0],
        site=said["site"] or names["site"],
        room=said["room"] or names["room"],
        user=said["user"],
        ssh_keys=plan.read_ssh_keys(said["ssh_keys"]),
        wifi=_wifi(said),
        time_zone=said["time_zone"],
        settings=settings,
    )


def _wifi(said: dict[str, Any]) -> "Wifi | None":
    from edge.card import plan
    from edge.config.secret import read_password

    if not said["wifi"]:
        return None
    if not said["country"]:
        raise click.UsageError("--wifi needs --country: without it, the radio stays off")
    if said["wifi_password_file"]:
        password = read_password(str(said["wifi_password_file"]), "--wifi-password-file")
    else:
        password = click.prompt(f"Password of {said['wifi']}", hide_input=True)
    return plan.wifi(said["wifi"], password, said["country"].upper())


def _server(text: str) -> str:
    from edge.card.port import PORT

    found = re.fullmatch(r"([A-Za-z0-9.-]+)(?::(\d{1,5}))?", text)
    if found is None and text.count(":") > 1:
        raise click.UsageError(f"--server {text}: `enrol` listens on IPv4 alone; write a host name or an IPv4 address")
    if found is None:
        raise click.UsageError(f"--server {text}: write HOST or HOST:PORT, as the devices reach it")
    return f"{found[1]}:{found[2] or PORT}"


def _enrolment(folder: Path) -> "tuple[Codes, str]":
    """Return the codes of a folder, and the fingerprint of the server there."""
    from edge.card import certificate
    from edge.card.codes import Codes

    codes = Codes(folder)
    own, _key = certificate.files(folder)
    return codes, certificate.fingerprint(own)


def _known_fingerprint(folder: Path) -> str:
    """Return the fingerprint of the server where it is there already: a dry run makes none."""
    from edge.card import certificate
    from edge.system.paths import exists

    own = folder / "server.crt"
    return "(made with the first card)" if exists(own) is False else certificate.fingerprint(own)


def _issue(codes: "Codes", wanted: "Plan") -> str:
    from edge.card.codes import Enrolment

    return codes.issue(
        Enrolment(
            digest="",
            host=wanted.host,
            device_id=wanted.device_id,
            site=wanted.site,
            room=wanted.room,
            user=wanted.user,
            expires=0.0,
            settings=wanted.settings,
        )
    )


def _print_dry(shown: dict[str, str], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"would_write": shown}))
        return
    for path, text in shown.items():
        click.echo(f"--- {path}\n{text.rstrip()}")


def _print_done(host: str, system: str, written: dict[str, str], there: "Server", as_json: bool) -> None:
    if as_json:
        done = {
            "host": host,
            "os": system,
            "server": there.address,
            "fingerprint": there.fingerprint,
            "sha256": written,
        }
        click.echo(json.dumps(done))
        return
    click.echo(f"{host}: written and read back, {len(written)} files for {system}")
    click.echo(f"it enrols at {there.address}, certificate SHA-256 {there.fingerprint}; the code is good for 30 days")
    click.echo("Unmount the card before you take it out.")
