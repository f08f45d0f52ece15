"""A page on plain HTTP that holds the hub's own certificate authority, and says how a phone comes to trust it.

Nothing else is served there: no count, no login.
"""

import contextlib
import hashlib
import html
import re
import socket
import ssl
from collections.abc import Iterator
from typing import NamedTuple

import segno
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from edge.config.secret import read_secret, secret_path
from edge.errors import ConfigError
from edge.hub.settings import HubSettings
from edge.hub.web.listening import FAREWELL_SECONDS, listen, server_config
from edge.system.worker import Worker

CERTIFICATE = "/emotion-edge-ca.crt"
_CONNECTIONS = 20
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_HOST = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")


class Authority(NamedTuple):
    """The certificate of a private authority.

    Attributes:
        pem: as its file has it.
        fingerprint: SHA-256 of it, in hexadecimal pairs with colons.

    """

    pem: bytes
    fingerprint: str


def read_authority(settings: HubSettings) -> Authority:
    """Return the authority that `trust.ca_file` names.

    Raises:
        ConfigError: the file cannot be read, or holds no certificate in PEM.

    """
    value, key = settings.trust.ca_file, "trust.ca_file"
    pem = read_secret(value, key)
    try:
        digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.decode("ascii"))).hexdigest().upper()
    except ValueError as error:
        file, remedy = secret_path(value, key), "set {} to the CA's .crt"
        raise ConfigError(file, "is not a PEM certificate", remedy, key) from error
    return Authority(pem, ":".join(digest[at : at + 2] for at in range(0, len(digest), 2)))


@contextlib.contextmanager
def certificate_page(settings: HubSettings) -> Iterator[None]:
    """Serve the page inside the block, where `trust.ca_file` is set.

    Raises:
        EdgeError: the certificate cannot be used, or the port is in use.

    """
    if not settings.trust.ca_file:
        yield
        return
    app = build(read_authority(settings), settings.http.port)
    with contextlib.closing(listen(settings.trust.address, settings.trust.port, "trust")) as listener:
        server = uvicorn.Server(server_config(app, _CONNECTIONS, lifespan="off"))
        worker = Worker(lambda: server.run(sockets=[listener]), "certificate page")
        worker.start()
        try:
            yield
        finally:
            server.should_exit = True
            worker.join(2 * FAREWELL_SECONDS)


def build(authority: Authority, port: int) -> Starlette:
    """Return the application.

    Args:
        authority: whose certificate is handed out.
        port: of the page that it secures.

    """

    def page(request: Request) -> Response:
        host = request.url.hostname or ""
        if not _HOST.fullmatch(host):
            host = socket.gethostname()
        return HTMLResponse(_page(authority, host, request.url.port or 80, port), headers=_HEADERS)

    def certificate(_request: Request) -> Response:
        return Response(authority.pem, media_type="application/x-x509-ca-cert", headers=_HEADERS)

    return Starlette(routes=[Route("/", page), Route(CERTIFICATE, certificate)])


def qr_picture(address: str) -> str:
    """Return a QR code as the source of an `img`."""
    return segno.make(address, micro=False).svg_data_uri(scale=6, border=2)


def _page(authority: Authority, host: str, own_port: int, port: int) -> str:
    own, secure = f"http://{host}:{own_port}/", f"https://{host}:{port}/"
    return _TEXT.format(
        certificate=CERTIFICATE,
        fingerprint=html.escape(authority.fingerprint),
        qr=html.escape(qr_picture(own)),
        own=html.escape(own),
        secure=html.escape(secure),
    )


_TEXT = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>emotion-edge: certificate</title></head>
<body>
<h1>emotion-edge</h1>
<p>This machine made its own certificate. A phone shows the page without a warning after you trust it once. Its owner
could imitate other web sites with it, so install it only on your own devices, and compare this number with the one that
<code>sudo emotion-edge hub address</code> prints on the machine:</p>
<p><code>{fingerprint}</code></p>
<ol>
<li><a href="{certificate}">Download the certificate</a></li>
<li>iPhone, iPad: Settings, General, VPN &amp; Device Management, install it. Then Settings, General, About,
Certificate Trust Settings, switch it on.<br>
Android: Settings, Security, More security settings, Encryption &amp; credentials, Install a certificate, CA
certificate.<br>
Windows: open the file, Install Certificate, Trusted Root Certification Authorities. macOS: open the file, set it to
Always Trust in Keychain Access. Firefox: Settings, Privacy &amp; Security, View Certificates, Authorities, Import.</li>
<li>Open <a href="{secure}">{secure}</a> and log in.</li>
</ol>
<h2 lang="de">Deutsch</h2>
<div lang="de">
<p>Dieser Rechner hat sein Zertifikat selbst erstellt. Wenn Sie ihm einmal vertrauen, zeigt das Telefon die Seite ohne
Warnung. Wer den Rechner besitzt, kann damit auch andere Seiten nachahmen: Installieren Sie es nur auf eigenen
Ger\u00e4ten, und vergleichen Sie die Zahl oben mit der, die <code>sudo emotion-edge hub address</code> ausgibt.</p>
<ol>
<li><a href="{certificate}">Zertifikat herunterladen</a></li>
<li>iPhone, iPad: Einstellungen, Allgemein, VPN und Ger\u00e4teverwaltung, installieren. Dann Einstellungen,
Allgemein, Info, Zertifikatsvertrauenseinstellungen, einschalten.<br>
Android: Einstellungen, Sicherheit, Weitere Sicherheitseinstellungen, Verschl\u00fcsselung und Anmeldedaten,
Zertifikat installieren, CA-Zertifikat.</li>
<li><a href="{secure}">{secure}</a> \u00f6ffnen und anmelden.</li>
</ol>
</div>
<p><img src="{qr}" alt="QR code: {own}" width="200" height="200"><br>{own}</p>
</body></html>
"""
