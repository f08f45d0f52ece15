"""What of the facts is wrong now, each thing by itself; pure. What is not known has no symptom, good or bad."""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, get_args

from edge.hub.alert_settings import Alerts
from edge.hub.alerts.facts import DeviceFacts, Facts

Kind = Literal["store", "disk", "broker", "certificate", "silent", "camera", "spool"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""In the order in which a message has them."""
URGENT: frozenset[Kind] = frozenset({"store", "disk"})
"""These lose records before the morning, so quiet hours do not hold them back."""
_DAY = 86_400.0
_SILENT_INTERVALS = 3
"""A device with long intervals sends records and health only once an interval."""
_MORE = 1.25
"""What is nearly full or nearly over is well again only above its bound by this factor."""
_FEWER = 0.5


class Key(NamedTuple):
    """What an alert is about; there is one alert for each at a time.

    Attributes:
        kind: of the problem.
        site: of the device; empty where the hub itself is meant.
        subject: id of the device, or the setting of a certificate; empty where the kind says all.

    """

    kind: Kind
    site: str = ""
    subject: str = ""


class Symptom(NamedTuple):
    """How something is now.

    Attributes:
        bad: whether it is wrong.
        room: of the device.
        detail: what a message says about it.
        ago: for how many seconds it has been so already, as far as known.
        amount: what must not become less while it waits for its alert; None where nothing is measured.

    """

    bad: bool
    room: str = ""
    detail: str = ""
    ago: float = 0.0
    amount: int | None = None


def symptoms(facts: Facts, limits: Alerts, is_open: Callable[[Key], bool]) -> dict[Key, Symptom]:
    """Return how everything is that is known now.

    Args:
        facts: of this moment.
        limits: of the configuration.
        is_open: whether there is an alert already; it then takes more to be well again.

    """
    found = dict(_of_hub(facts, limits, is_open))
    for device in facts.devices:
        found.update(_of_device(device, facts, limits, is_open))
    return found


def _of_hub(facts: Facts, limits: Alerts, is_open: Callable[[Key], bool]) -> Iterator[tuple[Key, Symptom]]:
    yield Key("broker"), Symptom(not facts.connected, detail=facts.problem or "no connection yet")
    if facts.connected:  # without the broker there is nothing to store
        yield Key("store"), Symptom(bool(facts.problem), detail=facts.problem)
    if facts.free_megabytes is not None:
        key = Key("disk")
        least = limits.disk_megabytes * (_MORE if is_open(key) else 1)
        yield key, Symptom(facts.free_megabytes < least, detail=str(facts.free_megabytes))
    for each in facts.certificates:
        key = Key("certificate", subject=each.setting)
        least = limits.certificate_days * (_MORE if is_open(key) else 1)
        yield key, Symptom(each.ends - facts.time < least * _DAY, detail=str(int(each.ends)))


def _of_device(
    device: DeviceFacts, facts: Facts, limits: Alerts, is_open: Callable[[Key], bool]
) -> Iterator[tuple[Key, Symptom]]:
    """Yield nothing that the hub cannot know: a device is not silent while the hub itself does not listen."""
    silent_seconds = max(limits.silent_minutes * 60, _SILENT_INTERVALS * device.interval_seconds)
    silent = min(device.silent_seconds, facts.listening_seconds) >= silent_seconds
    if silent or (device.has_spoken and device.silent_seconds < silent_seconds):
        yield Key("silent", *device.place), Symptom(silent, device.room, ago=device.silent_seconds)
    if device.silent_seconds >= silent_seconds:
        return  # what it said before holds no more
    if device.camera is not None:
        yield Key("camera", *device.place), Symptom(bool(device.camera), device.room, device.camera)
    if device.backlog is not None:
        key = Key("spool", *device.place)
        most = limits.spool_records * (_FEWER if is_open(key) else 1)
        detail = str(device.backlog)
        yield key, Symptom(device.backlog > most, device.room, detail, amount=device.backlog)
