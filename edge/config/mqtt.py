"""`[mqtt]`: the broker."""

from typing import Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from edge.config.section import Section
from edge.config.values import Real, Whole, is_loopback

_MQTT_PORTS = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}
_TLS_SCHEMES = ("mqtts", "wss")
CREDENTIAL = "credential:"
"""Begins the name of a file that systemd hands over (LoadCredential=)."""


class Broker(NamedTuple):
    """One address of `mqtt.url`, taken apart."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted and the broker's certificate checked."""
        return self.scheme in _TLS_SCHEMES

    @property
    def websocket(self) -> bool:
        """Whether MQTT goes through a WebSocket."""
        return self.scheme in ("ws", "wss")

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def _broker(url: str) -> Broker:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = 0
    websocket = parts.scheme in ("ws", "wss")
    path = parts.path if websocket else parts.path.strip("/")
    # An @ anywhere: a password with an unescaped character in it may have its rest in the path.
    wrong = parts.scheme not in _MQTT_PORTS or not parts.hostname or port == 0 or "@" in url or parts.query
    if wrong or (path and not websocket):
        msg = (
            "is no broker address; write mqtt://HOST:PORT, mqtts://HOST:PORT, ws://HOST:PORT/PATH or "
            "wss://HOST:PORT/PATH, user and password in their own keys"
        )
        raise ValueError(msg)
    return Broker(parts.scheme, parts.hostname or "", port or _MQTT_PORTS[parts.scheme], path or "/mqtt")


class Mqtt(Section):
    """The broker. Secrets are read from files, never from here; `credential:NAME` is one that systemd hands over."""

    url: str | tuple[str, ...] = Field(
        "mqtt://localhost:1883",
        min_length=1,
        max_length=200,
        description="mqtt://host:port, mqtts:// for TLS, ws:// or wss://host:port/path by WebSocket; off this machine "
        'TLS is required; several are tried in order: ["mqtts://a.example", "mqtts://b.example"]',
    )
    base: str = Field(
        "emotion-edge/v1",
        min_length=1,
        max_length=128,
        pattern=r"^[^+#\s\x00-\x1f]+$",
        description="first levels of every topic",
    )
    protocol: Literal["auto", "5", "3.1.1"] = Field(
        "auto", description="auto: MQTT 5, and 3.1.1 where the broker refuses it"
    )
    username: str = Field("", description="empty: none")
    password_file: str = Field("", description="file that holds the password and nothing else, or credential:NAME")
    ca_file: str = Field(
        "", description="certificate authority of the broker, PEM, or credential:NAME; empty: the system's"
    )
    cert_file: str = Field("", description="this device's certificate, PEM, or credential:NAME")
    key_file: str = Field("", description="this device's private key, PEM, or credential:NAME")
    tls_server_name: str = Field(
        "", max_length=253, description="name that the broker's certificate must have; empty: the host of url"
    )
    allow_plaintext: bool = Field(
        default=False, description="permit mqtt:// to another machine: anyone on the way can read and forge"
    )
    keepalive_seconds: Whole = Field(
        30, ge=5, le=600, description="silence after which the broker is asked for a sign of life"
    )
    connect_seconds: Real = Field(10.0, ge=1, le=120, description="time for name, TCP, TLS and login together")
    retry_cap_seconds: Real = Field(60.0, ge=1, le=3600, description="longest wait between two attempts")

    @field_validator("url")
    @classmethod
    def _broker_url(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for url in (value,) if isinstance(value, str) else value:
            _broker(url)
        return value

    @model_validator(mode="after")
    def _secure(self) -> Self:
        for broker in self.brokers:
            if not broker.tls and not self.allow_plaintext and not is_loopback(broker.host):
                scheme = "wss" if broker.websocket else "mqtts"
                remedy = f"use {scheme}://, or accept that with allow_plaintext = true"
                raise ValueError(f"url goes unprotected to {broker.host}; {remedy}")
        if bool(self.cert_file) != bool(self.key_file):
            msg = "cert_file and key_file belong together; set both or neither"
            raise ValueError(msg)
        if self.password_file and not self.username:
            msg = "password_file is set without username; set both or neither"
            raise ValueError(msg)
        return self

    @property
    def brokers(self) -> tuple[Broker, ...]:
        """Addresses of `url`, in the order in which they are tried."""
        return tuple(_broker(url) for url in ((self.url,) if isinstance(self.url, str) else self.url))
