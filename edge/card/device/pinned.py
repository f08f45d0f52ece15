"""HTTPS to one server, known by the SHA-256 of its certificate and by nothing else.

Authority, name and time of the certificate are not checked, because the clock of a new device may be years off. Only
the server has the key of that certificate. The fingerprint is compared before a byte of the request is sent.
"""

import hashlib
import hmac
import http.client
import json
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

from edge.errors import ConfigError, Unavailable

_SECONDS = 30.0
_MOST_BYTES = 65_536


@dataclass(frozen=True)
class Answer:
    """Of the server.

    Attributes:
        status: of HTTP.
        body: the object of JSON; empty where it is none.
        date: the server's time; None where it does not say.
        retry_seconds: when to ask again; 0 where it does not say.

    """

    status: int
    body: dict[str, Any]
    date: datetime | None
    retry_seconds: float


class WrongServer(ConfigError):
    """Another certificate than the one on the card: somebody else answers, or the server has made a new one."""


class _Connection(http.client.HTTPSConnection):
    def __init__(self, server: str, fingerprint: str) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the fingerprint stands in for all of it
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        super().__init__(server, timeout=_SECONDS, context=context)
        self._server = server
        self._fingerprint = fingerprint

    def connect(self) -> None:
        super().connect()
        certificate = self.sock.getpeercert(binary_form=True) or b""
        found = hashlib.sha256(certificate).hexdigest()
        if not hmac.compare_digest(found, self._fingerprint):
            self.close()
            raise WrongServer(
                self._server,
                f"shows another certificate ({found[:16]}…) than the card names ({self._fingerprint[:16]}…)",
                "nothing was sent; if the server was set up anew, write the card anew, else find out who answers there",
            )


def ask(server: str, fingerprint: str, path: str, body: dict[str, Any] | None = None) -> Answer:
    """Send one request and return its answer.

    Args:
        server: HOST:PORT.
        fingerprint: SHA-256 of the server's certificate, lower-case hexadecimal.
        path: of the request.
        body: an object for POST; None for GET.

    Raises:
        WrongServer: the server has another certificate.
        Unavailable: it cannot be reached, or does not answer in HTTP.

    """
    connection = _Connection(server, fingerprint)
    try:
        text = None if body is None else json.dumps(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        connection.request("GET" if body is None else "POST", path, text, headers)
        response = connection.getresponse()
        content = response.read(_MOST_BYTES)
        return Answer(response.status, _object(content), _date(response), _retry(response))
    except (OSError, http.client.HTTPException) as error:
        problem = f"the enrolment server cannot be reached ({error or type(error).__name__})"
        raise Unavailable(server, problem, "this device tries again; look at network, address and firewall") from error
    finally:
        connection.close()


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _date(response: http.client.HTTPResponse) -> datetime | None:
    try:
        return parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:
        return None


def _retry(response: http.client.HTTPResponse) -> float:
    text = response.headers.get("retry-after", "")
    return min(float(text), 3600.0) if text.isdecimal() else 0.0
