"""The hub's own certificate, checked before anything listens."""

import ssl
from typing import Any

from edge.config.secret import read_secret, secret_path
from edge.errors import ConfigError
from edge.hub.settings import Http

_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Of TLS 1.2: forward secrecy and authenticated encryption; those of TLS 1.3 are all good."""


def certificate(http: Http) -> dict[str, Any]:
    """Return uvicorn's options for HTTPS; none where the hub speaks plain HTTP.

    Raises:
        ConfigError: certificate or key cannot be read, or do not belong together.

    """
    if not http.tls:
        return {}
    for name in ("cert_file", "key_file"):
        read_secret(getattr(http, name), f"http.{name}")
    cert, key = secret_path(http.cert_file, "http.cert_file"), secret_path(http.key_file, "http.key_file")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password=lambda: "")
    except (ssl.SSLError, OSError) as error:
        problem = f"and {key} are no pair of certificate and unencrypted key ({error})"
        raise ConfigError(cert, problem, "store certificate and key of one pair again") from error
    return {"ssl_certfile": str(cert), "ssl_keyfile": str(key), "ssl_ciphers": _CIPHERS}
