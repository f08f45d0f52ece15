"""The hub of this machine, where there is one: its configuration, its service, its certificate, its disk."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.doctor.certificate import end_of
from edge.doctor.finding import Finding
from edge.errors import EX_CONFIG
from edge.system.paths import exists
from edge.system.units import unit_properties

HUB = "emotion-edge-hub.service"
CONFIG = Path("/etc/emotion-edge/hub.toml")
_STATE = Path("/var/lib/emotion-edge-hub")
_CERTIFICATE = Path("/etc/credstore/emotion-edge.hub-web-cert")
_LEAST_FREE = 500e6
_LEAST_LEFT = timedelta(days=20)
"""The timer signs anew 30 days before the end."""


def check() -> Iterator[Finding]:
    """Check what runs here; nothing where no hub is configured, or this user cannot see that and none is installed."""
    configured = exists(CONFIG)
    if configured is False:
        return
    properties = unit_properties(HUB)
    if properties.get("LoadState") != "loaded":
        if configured is None:
            return
        remedy = "sudo deploy/install.sh --hub"
        yield Finding("hub", "failed", f"there is {CONFIG}, and {HUB} is not installed", remedy, EX_CONFIG)
        return
    state = properties.get("ActiveState", "")
    sentence = f"{HUB} is {state}: {properties.get('StatusText', '')}".rstrip(": ")
    if state != "active":
        remedy = f"emotion-edge hub check-config; journalctl -u {HUB}"
        yield Finding("hub", "failed", sentence, remedy)
    elif "no broker" in sentence:
        yield Finding("hub", "warning", sentence, f"journalctl -u {HUB} says why; correct [mqtt] in {CONFIG}")
    elif ";" in properties.get("StatusText", ""):  # what it cannot do now, with a remedy; see edge/hub/watchdog.py
        yield Finding("hub", "warning", sentence, f"follow the message; journalctl -u {HUB} has more")
    else:
        yield Finding("hub", "ok", sentence)
    yield from _certificate()
    yield _disk()


def _certificate() -> Iterator[Finding]:
    """Check the end of the page's certificate; only root can read it."""
    end = end_of(_CERTIFICATE)
    if end is None:
        return
    sentence = f"the certificate of the page is valid until {end:%Y-%m-%d}"
    if end - datetime.now(UTC) > _LEAST_LEFT:
        yield Finding("hub.certificate", "ok", sentence, ends=end.isoformat())
        return
    remedy = "sudo systemctl start emotion-edge-hub-certificate.service, and see what it logs"
    yield Finding("hub.certificate", "warning", sentence, remedy, ends=end.isoformat())


def _disk() -> Finding:
    existing = next(path for path in (_STATE, *_STATE.parents) if exists(path))
    free = shutil.disk_usage(existing).free
    sentence = f"{free / 1e6:.0f} MB are free for {_STATE}"
    if free < _LEAST_FREE:
        remedy = f"free some space, or set store.keep_days in {CONFIG}; a room takes 290 MB a year"
        return Finding("hub.disk", "warning", sentence, remedy)
    return Finding("hub.disk", "ok", sentence)
