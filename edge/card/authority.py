"""The broker's certificate authority, by the script that makes all of its certificates."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from edge.errors import ConfigError, EdgeError

_EXISTS = 73
"""Exit code of the script: the name has a valid certificate."""


class HasCertificate(EdgeError):
    """A second certificate for a name that has a valid one."""


class Authority:
    """A folder of `credentials.sh`."""

    def __init__(self, folder: Path, *, replace: bool) -> None:
        """Use a folder; `replace`: a name may get another certificate, and what it had is revoked.

        Raises:
            ConfigError: there is no authority, or this user may not use it.

        """
        self._folder = folder
        self._command = "resign" if replace else "sign"
        self._script = script()
        for name in ("ca.crt", "ca.key"):
            if not os.access(folder / name, os.R_OK):
                remedy = "use sudo, name its folder by --ca, or make one: emotion-edge-credentials server NAME"
                raise ConfigError(folder / name, "cannot be read, so nothing can be signed", remedy)

    @property
    def certificate(self) -> str:
        """The authority's own certificate, as PEM."""
        return (self._folder / "ca.crt").read_text(encoding="ascii")

    def check_broker(self, url: str) -> None:
        """Raise `ConfigError` where the broker's certificate is not for the name by which devices are to reach it."""
        host = urlsplit(url).hostname or ""
        try:
            listed = (self._folder / "server.names").read_text(encoding="utf-8")
        except OSError:
            return  # the broker has its certificate from elsewhere
        names = [name.partition(":")[2].strip().lower() for name in listed.split(",")]
        if host not in names:
            problem = f"is no name in the broker's certificate ({', '.join(names)}), so every device would refuse it"
            raise ConfigError(
                host, problem, "correct --broker, or make the certificate anew: emotion-edge-credentials server NAME..."
            )

    def sign(self, site: str, device_id: str, request: str) -> str:
        """Return a certificate for the key of a request, as PEM. Its name is `device_id`, whatever the request says.

        Raises:
            HasCertificate: the name has a valid certificate of another key.
            ConfigError: the request cannot be used, or the authority not.

        """
        environment = os.environ | {"EMOTION_EDGE_CA": str(self._folder)}
        words = ["/bin/sh", str(self._script), self._command, site, device_id]
        try:
            done = subprocess.run(  # noqa: S603 - a fixed script
                words, input=request, env=environment, capture_output=True, text=True, timeout=120, check=False
            )
        except subprocess.TimeoutExpired as error:
            raise ConfigError(self._script, "did not end within 120 s", "look what it waits for") from error
        if done.returncode == _EXISTS:
            remedy = "if that device is gone or was set up anew, start `emotion-edge enrol` with --replace"
            raise HasCertificate(device_id, "has a valid certificate of another key", remedy)
        if done.returncode:
            said = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
            raise ConfigError(device_id, f"cannot be signed ({said[:300]})", "correct that; the device asks again")
        return (self._folder / "devices" / f"{device_id}.crt").read_text(encoding="ascii")


def script() -> Path:
    """Return credentials.sh of this release; raise `ConfigError` where it is not there."""
    places = (
        Path(sys.prefix) / "share/emotion-edge/broker/credentials.sh",
        Path(__file__).parents[2] / "deploy/broker/credentials.sh",
    )
    for place in places:
        if place.is_file():
            return place
    raise ConfigError(places[0], "is missing", "install the release from its wheel, or run from a checkout")
