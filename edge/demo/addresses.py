"""Where browsers on other machines find the page of the demo."""

import contextlib
import ipaddress
from collections.abc import Iterator

import psutil

LOOPBACK = "127.0.0.1"


def urls(address: str, port: int) -> list[str]:
    """Return the page at an address; of an empty one, at each of this machine, or on loopback without one."""
    addresses = [address] if address else [*_own()] or [LOOPBACK]
    return [f"http://{f'[{one}]' if ':' in one else one}:{port}/" for one in addresses]


def is_ipv4(address: str) -> bool:
    """Whether it is an IPv4 address, or all addresses."""
    with contextlib.suppress(ValueError):
        return not address or ipaddress.ip_address(address).version == 4  # noqa: PLR2004 - of IP
    return False


def _own() -> Iterator[str]:
    """Yield the addresses of this machine at which others can reach it, IPv4 first."""
    running = {name for name, stats in psutil.net_if_stats().items() if stats.isup}
    found = [one.address for name, many in psutil.net_if_addrs().items() if name in running for one in many]
    for version in (4, 6):
        for text in found:
            with contextlib.suppress(ValueError):
                address = ipaddress.ip_address(text.partition("%")[0])
                if address.version == version and not address.is_loopback and not address.is_link_local:
                    yield str(address)
