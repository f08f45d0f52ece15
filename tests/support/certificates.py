"""A private certificate authority, made with openssl."""

import datetime as dt
import subprocess
from pathlib import Path


class Authority:
    """Writes `<name>.crt` and `<name>.key` into a folder; its own are `ca.*`."""

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._folder = folder
        self._name = name
        files = ("-keyout", f"{name}.key", "-out", f"{name}.crt")
        extension = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self._openssl("req", "-x509", *_NEW_KEY, "-days", "2", "-subj", f"/CN={name}", *files, *extension)
        (folder / f"{name}.issued").touch()
        (folder / f"{name}.cnf").write_text(_CONFIG.format(name=name))

    def issue(self, name: str, days: int = 2, alternative: str = "IP:127.0.0.1") -> None:
        """Make a key and a certificate; a negative number of days makes one that has expired."""
        # Python 3.13 checks certificates as RFC 5280 wants them (VERIFY_X509_STRICT).
        (self._folder / "extensions").write_text(
            f"subjectAltName={alternative}\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n"
        )
        self._openssl("req", *_NEW_KEY, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        now = dt.datetime.now(dt.UTC)
        # `openssl x509` takes dates from 3.4 on only, and from 3.5 on refuses a negative number of days.
        begin, end = (f"{now + dt.timedelta(days=day):%Y%m%d%H%M%SZ}" for day in (min(days, 0) - 1, days))
        signer = ("-config", f"{self._name}.cnf", "-cert", f"{self._name}.crt", "-keyfile", f"{self._name}.key")
        request = ("-in", f"{name}.csr", "-out", f"{name}.crt", "-extfile", "extensions")
        self._openssl("ca", "-batch", "-notext", "-startdate", begin, "-enddate", end, *request, *signer)

    def revoke(self, name: str) -> None:
        """Revoke a certificate, and write the list of those that are revoked, `<authority>.crl`."""
        signer = ("-config", f"{self._name}.cnf", "-cert", f"{self._name}.crt", "-keyfile", f"{self._name}.key")
        self._openssl("ca", *signer, "-revoke", f"{name}.crt")
        self._openssl("ca", *signer, "-gencrl", "-crldays", "2", "-out", f"{self._name}.crl")

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self._folder, check=True, capture_output=True)


def sign_as_manuals_do(folder: Path, ca: str = "", broker: str = "") -> None:
    """Make `ca.crt` and `server.crt` as manuals do; without extensions `ca` the CA is version 1."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    (folder / "ca.ext").write_text(ca)
    (folder / "server.ext").write_text(f"subjectAltName=IP:127.0.0.1\n{broker}")
    for name in ("ca", "server"):
        openssl("req", "-new", *_NEW_KEY, "-subj", f"/CN=our {name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
    self_signed = ("-in", "ca.csr", "-days", "9", "-out", "ca.crt")
    usage = subprocess.run(["openssl", "req", "-help"], capture_output=True, text=True, check=True)
    if ca:
        openssl("x509", "-req", *self_signed, "-signkey", "ca.key", "-extfile", "ca.ext")
    elif "-x509v1" in usage.stdout + usage.stderr:
        # From 3.4 on OpenSSL makes version 3 of everything, and refuses a version 3 without extensions as a CA.
        (folder / "v1.cnf").write_text("[req]\ndistinguished_name = name\n[name]\n")
        openssl("req", "-x509", "-x509v1", *self_signed, "-key", "ca.key", "-config", "v1.cnf")
    else:
        openssl("x509", "-req", *self_signed, "-signkey", "ca.key")
    signer = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "server.ext")
    openssl("x509", "-req", "-in", "server.csr", "-days", "9", "-out", "server.crt", *signer)


_NEW_KEY = ("-newkey", "rsa:2048", "-nodes")
_CONFIG = """\
[ca]
default_ca = authority
[authority]
database = {name}.issued
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
"""
