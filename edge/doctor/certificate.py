"""When a certificate ends, asked of the system's openssl."""

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

_FORMAT = "%b %d %H:%M:%S %Y GMT"
"""Of `openssl x509 -enddate`, in any locale."""


def end_of(certificate: Path) -> datetime | None:
    """Return when a PEM certificate ends, UTC; None where it cannot be read, or openssl is not there."""
    program = shutil.which("openssl")
    try:
        if program is None or not certificate.exists():
            return None
    except PermissionError:
        return None
    done = subprocess.run(  # noqa: S603 - the system's own program
        [program, "x509", "-in", certificate, "-noout", "-enddate"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    )
    try:
        return datetime.strptime(done.stdout.partition("=")[2].strip(), _FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
