"""The address of a camera on the network: what of it may be shown, and where its password goes.

Whatever is logged, printed or reported shows a source through `shown`: `camera.source` may hold a password, and makers
of cameras put one into the path or the query, too.
"""

import re
from urllib.parse import quote

from edge.errors import redact

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_ADDRESS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?:(?P<user>[^/?#:]*)(?P<password>:[^/?#]*)?@)?"
    r"(?P<host>[\w.-]+|\[[\w:.%]+\])(?::(?P<port>\d{1,5}))?(?:[/?#][^@]*)?"
)
_NOT_SHOWN = "(address not shown)"


def is_network(source: str) -> bool:
    """Whether a source is an address such as rtsp://…, not a device, file or folder."""
    return _SCHEME.match(source) is not None


def is_address(source: str) -> bool:
    """Whether an address can be taken apart with certainty.

    One with an @ behind its host cannot: a character of its password may be unescaped, and the host be the rest of it.
    """
    return _ADDRESS.fullmatch(source) is not None


def shown(source: str) -> str:
    """Return a source without what could be a secret: of an address scheme, host and port alone.

    Where an address cannot be taken apart with certainty, not even its host.
    """
    if not is_network(source):
        return redact(source)  # an address whose scheme was forgotten is taken for the name of a file
    parts = _ADDRESS.fullmatch(source)
    if parts is None:
        return f"{source.partition('://')[0]}://{_NOT_SHOWN}"
    return f"{parts['scheme']}://{parts['host']}" + (f":{parts['port']}" if parts["port"] else "")


def host(source: str) -> str:
    """Return the host of an address; empty: none."""
    parts = _ADDRESS.fullmatch(source)
    return parts["host"] if parts else ""


def user(source: str) -> str:
    """Return the user of an address; empty: none."""
    parts = _ADDRESS.fullmatch(source)
    return (parts["user"] if parts else "") or ""


def has_password(source: str) -> bool:
    """Whether an address holds a password between user and host, or may hold one."""
    parts = _ADDRESS.fullmatch(source)
    return bool(parts["password"]) if parts else is_network(source)


def with_password(source: str, password: str) -> str:
    """Return an address that names a user with a password for it, escaped."""
    before, _, after = source.partition("@")
    return f"{before}:{quote(password, safe='')}@{after}"
