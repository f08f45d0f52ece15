"""The enrolment server's own certificate: signed by itself, and known to devices by its fingerprint on the card."""

import hashlib
import os
import ssl
import subprocess
from pathlib import Path

from edge.errors import ConfigError

_DAYS = "3650"


def files(folder: Path) -> tuple[Path, Path]:
    """Return certificate and key of the server, made at the first call; raise `ConfigError` where that fails."""
    certificate, key = folder / "server.crt", folder / "server.key"
    if not certificate.exists():
        partial = key.with_suffix(".partial")
        words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        words += ["-keyout", str(key), "-out", str(partial), "-days", _DAYS, "-subj", "/CN=emotion-edge enrolment"]
        try:
            os.close(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
            subprocess.run(  # noqa: S603 - fixed words
                words, capture_output=True, text=True, timeout=60, check=True
            )
            partial.replace(certificate)
        except FileNotFoundError as error:
            raise ConfigError("openssl", "is missing", "apt install openssl") from error
        except (OSError, subprocess.SubprocessError) as error:
            raise ConfigError(certificate, f"cannot be made ({error})", "make room, or name --codes FOLDER") from error
    return certificate, key


def fingerprint(certificate: Path) -> str:
    """Return the SHA-256 of a certificate, 64 hexadecimal digits; raise `ConfigError` where it cannot be read."""
    try:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text(encoding="ascii"))).hexdigest()
    except PermissionError as error:
        remedy = "use sudo for card and enrol, or name another folder: --codes FOLDER"
        raise ConfigError(certificate, f"cannot be read ({error.strerror})", remedy) from error
    except (OSError, ValueError) as error:
        remedy = "move it away; a new one is made, and cards that were written before are good for nothing"
        raise ConfigError(certificate, f"is no certificate ({error})", remedy) from error
