"""`[mqtt]`: the broker."""

from typing import Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from edge.config.section import Section
from edge.config.values import Real, Whole, is_loopback

_MQTT_PORTS = {"mqtt": 1883, "mqtts": 8883, "ws": 80, "wss": 443}
_TLS_SCHEMES = ("mqtts", "wss")


class Broker(NamedTuple):
    """The parts of one address of `mqtt.url`."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted and the certificate of the broker is checked."""
        return self.scheme in _TLS_SCHEMES

    @property
    def websocket(self) -> bool:
        """Whether MQTT runs over a WebSocket."""
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
            "is not a broker address; write mqtt://HOST:PORT, mqtts://HOST:PORT, ws://HOST:PORT/PATH or "
            "wss://HOST:PORT/PATH; user name and password have their own keys"
        )
        raise ValueError(msg)
    return Broker(parts.scheme, parts.hostname or "", port or _MQTT_PORTS[parts.scheme], path or "/mqtt")


class Mqtt(Section):
    """The broker. Secrets are in files, never in this file; `credential:NAME` means a systemd credential."""

    url: str | tuple[str, ...] = Field(
        "mqtt://localhost:1883",
        min_length=1,
        max_length=200,
        description="address of the broker: mqtt://host:port, mqtts://host:port (TLS), ws:// or wss://host:port/path "
        "(WebSocket); TLS is required for other machines. A list is tried in order: "
        '["mqtts://a.example", "mqtts://b.example"]',
    )
    base: str = Field(
        "emotion-edge/v1",
        min_length=1,
        max_length=128,
        pattern=r"^[^+#\s\x00-\x1f]+$",
        description="first levels of every topic, without site and device",
    )
    protocol: Literal["auto", "5", "3.1.1"] = Field(
        "auto", description="MQTT version; auto: 5, or 3.1.1 if the broker refuses 5"
    )
    username: str = Field("", description="user name; empty: none")
    password_file: str = Field("", description="file that contains only the password, or credential:NAME")
    ca_file: str = Field(
        "",
        description="PEM file of the broker's certificate authority, or credential:NAME; empty: those of the system",
    )
    cert_file: str = Field("", description="PEM file of the certificate of this device, or credential:NAME")
    key_file: str = Field("", description="PEM file of the private key of this device, or credential:NAME")
    tls_server_name: str = Field(
        "", max_length=253, description="expected name in the certificate of the broker; empty: the host of url"
    )
    alpn: str = Field(
        "",
        max_length=32,
        pattern=r"^[\x21-\x7e]*$",
        description="TLS application protocol (ALPN) to ask for, such as mqtt, where a broker shares its port with "
        "other services; empty: none",
    )
    allow_plaintext: bool = Field(
        default=False,
        description="allow mqtt:// and ws:// to other machines; anyone in between can read and forge messages",
    )
    no_subscriber: Literal["accept", "keep"] = Field(
        "accept",
        description="a record to which nobody has subscribed at the broker (MQTT 5 says so): accept: it counts as "
        "delivered, as in the standard; keep: it waits on the device until somebody has",
    )
    keepalive_seconds: Whole = Field(
        30, ge=5, le=600, description="MQTT keep-alive in seconds; after this silence the device sends a ping"
    )
    connect_seconds: Real = Field(
        10.0,
        ge=1,
        le=120,
        description="timeout in seconds for TCP (to all addresses of the name), TLS and WebSocket together, and again "
        "for the login",
    )
    retry_cap_seconds: Real = Field(
        60.0, ge=1, le=3600, description="maximum number of seconds between two attempts to connect"
    )

    @field_validator("url")
    @classmethod
    def _broker_url(cls, value: str | tuple[str, ...]) -> str | tuple[str, ...]:
        for url in (value,) if isinstance(value, str) else value:
            _broker(url)
        return value

    @model_validator(mode="after")
    def _secure(self) -> Self:
        problems = []
        for broker in self.brokers:
            if not broker.tls and not self.allow_plaintext and not is_loopback(broker.host):
                scheme = "wss" if broker.websocket else "mqtts"
                remedy = f"use {scheme}://, or set allow_plaintext = true to accept that"
                problems.append(f"the connection to {broker.host} is not encrypted; {remedy}")
        if self.alpn and not any(broker.tls for broker in self.brokers):
            problems.append("alpn is a part of TLS; use mqtts:// or wss://, or leave alpn empty")
        if bool(self.cert_file) != bool(self.key_file):
            problems.append("cert_file and key_file belong together; set both or none")
        if self.password_file and not self.username:
            problems.append("password_file is set without username; set both or none")
        if problems:
            raise ValueError(" | ".join(problems))
        return self

    @property
    def brokers(self) -> tuple[Broker, ...]:
        """The addresses of `url`, in the order in which they are tried."""
        return tuple(_broker(url) for url in ((self.url,) if isinstance(self.url, str) else self.url))
