"""The frequency of the mains, at twice of which lamps flicker, from the time zone of this machine.

Source: IEC, World Plugs (https://www.iec.ch/world-plugs). Japan has both; of its one time zone, the east has 50 Hz.
"""

import os
from pathlib import Path

_SIXTY = (
    "America/",
    "US/",
    "Canada/",
    "Mexico/",
    "Brazil/",
    "Asia/Manila",
    "Asia/Riyadh",
    "Asia/Seoul",
    "Asia/Taipei",
    "Atlantic/Bermuda",
    "Pacific/Chuuk",
    "Pacific/Guam",
    "Pacific/Honolulu",
    "Pacific/Kosrae",
    "Pacific/Kwajalein",
    "Pacific/Majuro",
    "Pacific/Pago_Pago",
    "Pacific/Palau",
    "Pacific/Pohnpei",
    "Pacific/Saipan",
)
_FIFTY_IN_AMERICA = (
    "America/Argentina/",
    "America/Asuncion",
    "America/Barbados",
    "America/Buenos_Aires",
    "America/Cayenne",
    "America/Cordoba",
    "America/Curacao",
    "America/Danmarkshavn",
    "America/Dominica",
    "America/Godthab",
    "America/Grenada",
    "America/Guadeloupe",
    "America/Jamaica",
    "America/Kralendijk",
    "America/La_Paz",
    "America/Martinique",
    "America/Miquelon",
    "America/Montevideo",
    "America/Nuuk",
    "America/Punta_Arenas",
    "America/Santiago",
    "America/Scoresbysund",
    "America/St_Lucia",
    "America/St_Vincent",
    "America/Thule",
)
_LOCALTIME = Path("/etc/localtime")


def mains_hertz(zone: str) -> int:
    """Return 50 or 60 for the name of a time zone such as Europe/Berlin; 50 where the name is unknown."""
    return 60 if zone.startswith(_SIXTY) and not zone.startswith(_FIFTY_IN_AMERICA) else 50


def machine_zone(link: Path = _LOCALTIME) -> str:
    """Return the name of this machine's time zone; empty where it has none."""
    named = os.environ.get("TZ", "").lstrip(":")
    if named:
        return named
    # Its own target only: that may be a link to the zone of a neighbouring country with the same clock.
    return str(link.readlink()).rpartition("zoneinfo/")[2] if link.is_symlink() else ""
