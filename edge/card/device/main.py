"""emotion-edge-enrol.service: a new device enrols itself, installs the release of its card and starts.

Each step leaves a file that is whole or not there, so that a reboot or a power cut goes on where it was.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

from edge.card.device import key
from edge.card.device.certificate import Conversation, Issued
from edge.card.device.state import Card, State
from edge.errors import EX_CONFIG, ConfigError, EdgeError, Unavailable
from edge.system.state_file import replace_durably

_FREE_MEGABYTES = 1000
_END = "# end of configuration"
"""As in `edge.config.completeness`, which needs packages that are not there yet."""


def main(state: State | None = None) -> int:
    """Enrol, install and start; return an exit code. 78: only somebody can help, a restart cannot."""
    try:
        run(state or State(), say)
    except EdgeError as error:
        for line in error.lines():
            sys.stderr.write(f"{line}\n")
        return error.exit_code
    return 0


def say(line: str) -> None:
    """Write a line into the journal."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def run(state: State, say: Callable[[str], None]) -> None:
    """Do all steps that are not done yet; raise `EdgeError` where one cannot be done."""
    card = state.card()
    if is_enrolled(state):  # the server may be gone: an earlier run has asked it
        say(f"{card.host} has its certificate already")
    else:
        conversation = Conversation(state, card, say)
        conversation.reach()
        keep(state, conversation.certificate())
        say(f"{card.host} is enrolled as {card.device_id}: its certificate is in {state.credentials}")
    install(state, card, say)
    state.forget(card)
    say(f"{card.host} runs; the code was removed from the card")


def is_enrolled(state: State) -> bool:
    """Whether there is a certificate of the key that is there, and a configuration."""
    certificate, own = state.credential("cert"), state.credential("key")
    if not (certificate.exists() and own.exists() and state.config.exists()):
        return False
    try:
        return key.belongs(certificate.read_text(), own)
    except EdgeError:
        return False


def keep(state: State, issued: Issued) -> None:
    """Write configuration, authority and, as the last of it, the certificate."""
    try:
        replace_durably(state.credential("ca"), issued.ca.rstrip(), 0o600)
        text = f'{state.config_text().rstrip()}\nurl = "{issued.broker_url}"\n\n{_END}'
        if state.config.exists() and state.config.read_text().rstrip() != text:
            state.config.rename(state.config.with_suffix(".toml.before-enrolment"))
        replace_durably(state.config, text, 0o600)  # install.sh lets the services read it
        replace_durably(state.credential("cert"), issued.certificate.rstrip(), 0o600)
    except OSError as error:
        raise Unavailable(error.filename, f"cannot be written ({error.strerror})", "make room: df -h") from error


def install(state: State, card: Card, say: Callable[[str], None], root: Path = Path("/")) -> None:
    """Install the release by the installer that lies in it, which checks the configuration and starts the services."""
    free = shutil.disk_usage(root).free // 1_000_000
    if free < _FREE_MEGABYTES:
        problem = f"has {free} MB free, and the release needs {_FREE_MEGABYTES}"
        raise Unavailable("the card", problem, "take a larger card, or remove what is not needed")
    wheel = state.wheel(card)
    unpacked = state.folder / "unpacked"
    shutil.rmtree(unpacked, ignore_errors=True)
    try:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(unpacked, [name for name in archive.namelist() if ".data/data/share/" in name])
        (installer,) = unpacked.glob("*.data/data/share/emotion-edge/install.sh")
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise ConfigError(wheel, f"is no whole release ({error})", "write the card anew: emotion-edge card") from error
    say(f"installing {card.wheel}; this takes some minutes")
    own = state.folder / "wheels"
    more = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(own)} if own.is_dir() else {}
    words = ["/bin/sh", str(installer), str(wheel)]
    done = subprocess.run(words, env=os.environ | more, check=False)  # noqa: S603 - of the verified release
    if done.returncode == EX_CONFIG:
        raise ConfigError("install.sh", "refuses the configuration", "see the lines above, and write the card anew")
    if done.returncode:
        problem = f"ended with exit code {done.returncode}"
        raise Unavailable("install.sh", problem, "see the lines above; this device tries again")
    shutil.rmtree(unpacked, ignore_errors=True)
    shutil.rmtree(own, ignore_errors=True)
