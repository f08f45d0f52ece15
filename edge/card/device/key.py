"""The key of a device, made on the device, and its certificate request; all by openssl."""

import subprocess
from pathlib import Path

from edge.errors import ConfigError, Unavailable
from edge.system.state_file import replace_durably


def make_key(path: Path) -> None:
    """Make a key on the curve P-256 where there is none; only root can read it.

    Raises:
        ConfigError: openssl is missing.
        Unavailable: the key cannot be written, as on a full card.

    """
    if path.exists():
        return
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
        replace_durably(path, key.rstrip(), 0o600)
    except OSError as error:
        raise Unavailable(path, f"cannot be written ({error.strerror})", "make room: df -h") from error


def request(path: Path) -> str:
    """Return the certificate request of a key, as PEM. It names nobody: the signer says whose it is."""
    return _openssl("req", "-new", "-key", str(path), "-subj", "/CN=emotion-edge enrolment")


def belongs(certificate: str, path: Path) -> bool:
    """Whether a certificate, as PEM, is that of a key."""
    return _openssl("x509", "-noout", "-pubkey", given=certificate) == _openssl("pkey", "-in", str(path), "-pubout")


def _openssl(*words: str, given: str = "") -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the words are ours
            ["openssl", *words],  # noqa: S607
            input=given,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    except FileNotFoundError as error:
        raise ConfigError("openssl", "is missing", "apt install openssl") from error
    except subprocess.TimeoutExpired as error:
        raise Unavailable("openssl", "did not answer within 60 s", "this device tries again") from error
    if done.returncode:
        raise Unavailable("openssl", f"{words[0]} failed ({done.stderr.strip()[-200:]})", "this device tries again")
    return done.stdout
