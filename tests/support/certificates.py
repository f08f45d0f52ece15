"""A private certificate authority, made with openssl."""

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

    def issue(self, name: str, days: int = 2, alternative: str = "IP:127.0.0.1") -> None:
        """Make a key and a certificate; a negative number of days makes one that has expired."""
        # Python 3.13 checks certificates as RFC 5280 wants them (VERIFY_X509_STRICT).
        (self._folder / "extensions").write_text(
            f"subjectAltName={alternative}\nauthorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n"
        )
        self._openssl("req", *_NEW_KEY, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        signer = ("-CA", f"{self._name}.crt", "-CAkey", f"{self._name}.key", "-CAcreateserial")
        request = ("-in", f"{name}.csr", "-out", f"{name}.crt", "-extfile", "extensions")
        self._openssl("x509", "-req", "-days", str(days), *request, *signer)

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self._folder, check=True, capture_output=True)


_NEW_KEY = ("-newkey", "rsa:2048", "-nodes")
