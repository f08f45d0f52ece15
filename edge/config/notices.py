"""What a user should know about a valid configuration, such as a promise that no longer holds."""

import ipaddress

from edge.config import address
from edge.config.countable import uncountable
from edge.config.notice import Notice
from edge.config.settings import Settings


def notices(settings: Settings) -> list[Notice]:
    """Return what the user should know about valid settings."""
    return [*_network(settings), *uncountable(settings)]


def _network(settings: Settings) -> list[Notice]:
    camera = settings.camera
    if not camera.needs_network:
        return []
    fact = f"{camera.shown} is on the network, so the observer has a network: the promise that it reaches none is void"
    advice = "the installed observer unit needs the drop-in observer-network-camera.conf, see systemd/README.md"
    found = [Notice("camera.source", fact, advice)]
    if not _is_ip_address(address.host(camera.source)):
        fact = "is a host name, and under systemd the observer can ask no name server"
        found.append(Notice("camera.source", fact, "write the IP address of the camera"))
    if address.has_password(camera.source):
        advice = "write rtsp://USER@HOST/PATH and set camera.password_file, or keep the file unreadable to others"
        found.append(Notice("camera.source", "contains the password of the camera", advice))
    return found


def _is_ip_address(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return False
