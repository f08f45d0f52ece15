"""Under which addresses a phone finds this hub, for the person who sets it up."""

import io
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import segno

from edge.hub.settings import HubSettings
from edge.hub.web.trust import read_authority

_AVAHI = Path("/run/avahi-daemon/socket")
_ELSEWHERE = ("192.0.2.1", 9)
"""Reserved for manuals; nothing is sent there, the kernel only says which of its addresses it would use."""
_NOWHERE = "127.0.0.1"


def own_address() -> str:
    """Return the IPv4 address by which the network reaches this machine; 127.0.0.1 where there is no network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
        except OSError:
            return _of_an_interface()
        return str(probe.getsockname()[0])


def _of_an_interface() -> str:
    """Return the first IPv4 address of this machine: in a network without a router no address leads elsewhere."""
    try:
        done = subprocess.run(["hostname", "-I"], capture_output=True, text=True, timeout=5, check=False)  # noqa: S607
    except (OSError, subprocess.TimeoutExpired):
        return _NOWHERE
    return next((address for address in done.stdout.split() if ":" not in address), _NOWHERE)


def own_names() -> list[str]:
    """Return host name and address; the name with .local where Avahi answers for it."""
    name = socket.gethostname()
    if "." not in name:
        name = f"{name}.local" if _AVAHI.exists() else ""
    return [each for each in (name, own_address()) if each]


def describe(settings: HubSettings) -> Iterator[str]:
    """Yield lines for a terminal: where the page is, and, where others reach it, a QR code of what a phone opens first.

    Raises:
        ConfigError: `trust.ca_file` cannot be used.

    """
    http = settings.http
    names = [http.address] if http.loopback else own_names()
    pages = [f"{'https' if http.tls else 'http'}://{name}:{http.port}/" for name in names]
    first = pages[-1]
    yield f"Page: {' or '.join(pages)}" + (" (for this machine alone)" if http.loopback else "")
    if http.loopback:
        return
    if settings.trust.ca_file:
        first = f"http://{own_address()}:{settings.trust.port}/"
        yield f"A phone trusts its certificate after this page: {first}"
        yield f"The number there must be: {read_authority(settings).fingerprint}"
    yield from _drawn(first, first)


def describe_first_run(settings: HubSettings, code: str) -> Iterator[str]:
    """Yield lines for a terminal: where the set-up page is, and its code.

    The code stands behind the `#` of the address in the QR code: a browser sends that to nobody.

    Raises:
        ConfigError: `trust.ca_file` cannot be used.

    """
    http = settings.http
    page = f"https://{own_address()}:{http.port}/"
    yield f"Set-up page: {' or '.join(f'https://{name}:{http.port}/' for name in own_names())}"
    yield f"Code: {code} (for an hour, once)"
    yield "The browser warns, as the machine made its certificate itself. It shows no warning after this page:"
    yield f"  http://{own_address()}:{settings.trust.port}/"
    yield f"  The number there must be: {read_authority(settings).fingerprint}"
    yield from _drawn(f"{page}#{code}", f"{page} with the code")


def _drawn(content: str, name: str) -> Iterator[str]:
    drawn = io.StringIO()
    segno.make(content, micro=False).terminal(drawn, compact=True)
    yield f"{name} as a QR code:"
    yield drawn.getvalue()
