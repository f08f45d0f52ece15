"""Password, certificate and key, read from the files that the configuration names and checked before any attempt."""

import ssl
from pathlib import Path
from typing import Any, NamedTuple

from edge.config import Mqtt
from edge.config.secret import read_password, read_secret, secret_path
from edge.errors import ConfigError
from edge.mqtt.errors import CertificateNotStrict


class TlsContext(ssl.SSLContext):
    """The same checks on every version of Python and OpenSSL, and another name than that of the address.

    Chain, name and dates are always verified. VERIFY_X509_STRICT, which Python uses from 3.13 on, also wants extensions
    that the certificates of most manuals lack: it is tried first, and `relax` gives it up.

    Attributes:
        server_name: requested and verified instead of the host; empty for the host.
        weakness: what the strict checks found before they were given up; None where the chain passes them.

    """

    server_name = ""
    weakness: CertificateNotStrict | None = None

    def relax(self, weakness: CertificateNotStrict) -> None:
        """Give the strict checks up for `weakness`; all others stay."""
        self.verify_flags &= ~ssl.VERIFY_X509_STRICT
        self.weakness = weakness

    def wrap_socket(self, *arguments: Any, **named: Any) -> ssl.SSLSocket:  # noqa: ANN401 - the standard library's
        """Do what the standard library does, with `server_name`."""
        if self.server_name:
            named["server_hostname"] = self.server_name
        return super().wrap_socket(*arguments, **named)


class Secrets(NamedTuple):
    """Password and TLS settings, as the files held them when they were read."""

    tls: TlsContext | None
    password: str | None


def read_secrets(settings: Mqtt) -> Secrets:
    """Return the TLS context and the password of `settings`.

    Raises:
        ConfigError: a certificate, key or password file cannot be used.

    """
    return Secrets(tls_context(settings), password(settings))


def tls_context(settings: Mqtt) -> TlsContext | None:
    """Return the TLS settings of `settings`, or None where no broker is reached by TLS.

    Raises:
        ConfigError: a certificate or key cannot be read or used.

    """
    for key in ("ca_file", "cert_file", "key_file"):
        if getattr(settings, key):
            read_file(settings, key)
    if not any(broker.tls for broker in settings.brokers):
        return None
    context = TlsContext(ssl.PROTOCOL_TLS_CLIENT)
    context.server_name = settings.tls_server_name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.alpn:
        context.set_alpn_protocols([settings.alpn])
    # Those of `ssl.create_default_context` in Python 3.13.
    context.verify_flags |= ssl.VERIFY_X509_TRUSTED_FIRST | ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    ca, cert, private_key = (path(settings, name) for name in ("ca_file", "cert_file", "key_file"))
    try:
        if settings.ca_file:
            context.load_verify_locations(ca)
        else:
            context.load_default_certs()
    except ssl.SSLError as error:
        remedy = "set {} to the CA's .crt"
        raise ConfigError(ca, f"is not a PEM certificate ({error.reason})", remedy, "mqtt.ca_file") from error
    try:
        if settings.cert_file:
            context.load_cert_chain(cert, private_key, password=lambda: "")
    except (ssl.SSLError, OSError) as error:
        problem = f"and {private_key} are no pair of certificate and unencrypted key ({error})"
        raise ConfigError(cert, problem, "make them again with deploy/broker") from error
    return context


def password(settings: Mqtt) -> str | None:
    """Return the password that `mqtt.password_file` holds; raise `ConfigError` where it cannot be read."""
    if not settings.password_file:
        return None
    return read_password(settings.password_file, "mqtt.password_file")


def path(settings: Mqtt, key: str) -> Path:
    """Return where the file of a setting is: `credential:NAME` is one that systemd hands over.

    Raises:
        ConfigError: systemd has handed over no credentials.

    """
    return secret_path(getattr(settings, key), f"mqtt.{key}")


def read_file(settings: Mqtt, key: str) -> bytes:
    """Return a file's bytes; raise `ConfigError` that names the key which points to it."""
    return read_secret(getattr(settings, key), f"mqtt.{key}")
