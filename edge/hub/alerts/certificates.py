"""When the certificates of the hub end."""

import importlib.util
import logging

from edge.config.secret import read_secret
from edge.errors import EdgeError, UnusableInput
from edge.hub.alerts.facts import Certificate
from edge.hub.settings import HubSettings
from edge.system.once import OnceLogger

log = logging.getLogger(__name__)
_failures = OnceLogger(log)


def certificates(settings: HubSettings) -> tuple[Certificate, ...]:
    """Return the certificates that the configuration names; one that cannot be read is logged and left out.

    Nothing is returned where the library cryptography is not installed.
    """
    if importlib.util.find_spec("cryptography") is None:
        return ()
    named = {
        "http.cert_file": settings.http.cert_file,
        "mqtt.cert_file": settings.mqtt.cert_file,
        "mqtt.ca_file": settings.mqtt.ca_file,
        "trust.ca_file": settings.trust.ca_file,
    }
    found = []
    failed = False
    for key, value in named.items():
        if not value:
            continue
        try:
            found.append(Certificate(key, _end(read_secret(value, key), key)))
        except EdgeError as error:
            failed = True
            _failures.warning(error.facts, "%s; its end is not watched", str(error))
    if not failed:
        _failures.forget()
    return tuple(found)


def _end(pem: bytes, key: str) -> float:
    """Return when the first certificate of a chain ends; of several authorities, when the last of them does."""
    from cryptography import x509  # noqa: PLC0415 - where it is used

    try:
        ends = [each.not_valid_after_utc.timestamp() for each in x509.load_pem_x509_certificates(pem)]
    except ValueError as error:
        raise UnusableInput(key, "holds no certificate in PEM", "correct it") from error
    return max(ends) if key.endswith("ca_file") else ends[0]
