"""Clock, heat, power, disk, and the services."""

import shutil
from collections.abc import Iterator

from edge.config import Settings
from edge.doctor.finding import Finding
from edge.errors import EX_CONFIG
from edge.system.clock import is_synchronised
from edge.system.configuration_hash import configuration_hash
from edge.system.paths import exists, state_directory
from edge.system.running import read_running
from edge.system.sensors import soc_celsius, throttled
from edge.system.state_file import files_set_aside
from edge.system.units import SERVICES, unit_properties

_SUDO = "sudo emotion-edge doctor"
_HOT = 80.0
_SLOWED_DOWN = 0b1110
_UNDER_VOLTAGE = 0b1
_EVER = 16
_LEAST_FREE = 100e6


def check(settings: Settings) -> Iterator[Finding]:
    """Check clock, temperature, power supply, disk and services."""
    if is_synchronised():
        yield Finding("clock", "ok", "the clock is synchronised")
    else:
        remedy = "check `timedatectl`; without a network fit a clock module"
        yield Finding(
            "clock", "warning", "the clock is not synchronised; records get their final time once it is", remedy
        )
    yield _heat()
    yield _power()
    yield _disk(settings)
    yield _state(settings)
    yield _in_use(settings)
    for service in SERVICES:
        yield _service(service)


def _in_use(settings: Settings) -> Finding:
    """Compare the file with what the running device has read."""
    folder = state_directory(settings)
    running = read_running(folder)
    if running is None and exists(folder / "any") is None:
        sentence = f"this user cannot look into {folder}, where the running device names its configuration"
        return Finding("configuration.in-use", "skipped", sentence, _SUDO)
    if running is None:
        return Finding("configuration.in-use", "skipped", "no device runs here that could use this file")
    wanted = configuration_hash(settings)
    if running.uses(wanted):
        return Finding("configuration.in-use", "ok", f"the running device uses this file ({running.publisher})")
    sentence = (
        f"the running device does not use this file ({wanted}): publisher {running.publisher}, "
        f"observer {running.observer or 'not known'}"
    )
    return Finding("configuration.in-use", "failed", sentence, "sudo emotion-edge apply", EX_CONFIG)


def _heat() -> Finding:
    celsius = soc_celsius()
    if celsius is None:
        return Finding("heat", "skipped", "this machine has no thermometer")
    state = f"{celsius:.0f} degrees Celsius"
    return (
        Finding("heat", "warning", state, "improve the air flow, or fit a heat sink")
        if celsius >= _HOT
        else Finding("heat", "ok", state)
    )


def _power() -> Finding:
    bits = throttled()
    if bits is None:
        return Finding("power", "skipped", "this machine does not report its power supply")
    if bits & _UNDER_VOLTAGE:
        return Finding("power", "warning", "under-voltage now", "use the supply and cable made for this Pi")
    if bits & _SLOWED_DOWN:
        return Finding(
            "power", "warning", "the processor is slowed down now", "improve the air flow, or fit a heat sink"
        )
    if bits >> _EVER & _UNDER_VOLTAGE:
        return Finding("power", "warning", "there was under-voltage since the start", "use the supply made for this Pi")
    return Finding("power", "ok", "the power supply is sufficient")


def _disk(settings: Settings) -> Finding:
    folder = state_directory(settings)
    existing = next(path for path in (folder, *folder.parents) if exists(path))
    free = shutil.disk_usage(existing).free
    sentence = f"{free / 1e6:.0f} MB are free for {folder}"
    if free < _LEAST_FREE:
        return Finding("disk", "warning", sentence, "free some space, or records are lost in a long outage")
    return Finding("disk", "ok", sentence)


def _state(settings: Settings) -> Finding:
    folder = state_directory(settings)
    if exists(folder / "any") is None:
        sentence = f"this user cannot look into {folder}, where damaged files are set aside"
        return Finding("state", "skipped", sentence, _SUDO)
    names = files_set_aside(folder)
    if not names:
        return Finding("state", "ok", f"no damaged file was set aside in {folder}")
    remedy = f"change the card if this happens again; when examined: rm {folder}/*.damaged-* {folder}/*.corrupt-*"
    return Finding("state", "warning", f"damaged files were set aside in {folder}: {', '.join(names)}", remedy)


def _service(service: str) -> Finding:
    properties = unit_properties(service)
    if properties.get("LoadState") != "loaded":
        return Finding(f"service.{service}", "skipped", f"{service} is not installed here")
    state = properties.get("ActiveState", "")
    sentence = f"{service} is {state}: {properties.get('StatusText', '')}".rstrip(": ")
    if state == "active":
        return Finding(f"service.{service}", "ok", sentence)
    return Finding(f"service.{service}", "failed", sentence, f"see: journalctl -u {service}")
