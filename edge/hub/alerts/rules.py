"""From symptoms to alerts, with hysteresis: what comes and goes quickly makes no alert, and no "all clear"; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from edge.hub.alert_settings import Alerts
from edge.hub.alerts.facts import Facts
from edge.hub.alerts.symptoms import Key, Kind, Symptom, symptoms

_CALM_SECONDS = 300.0
"""So long something must be well before its alert is over."""
_LONGEST_CALM_SECONDS = 6 * 3600.0
_FORGET_SECONDS = 86_400.0
"""What was well for so long begins anew with the shortest calm."""
_BAD_SECONDS: dict[Kind, float] = {
    "store": 300.0,
    "disk": 60.0,
    "broker": 300.0,
    "certificate": 0.0,
    "silent": 0.0,
    "spool": 600.0,
}
"""So long something must be wrong before there is an alert; of the camera it is configured."""


class Alert(NamedTuple):
    """Something that needs a person.

    Attributes:
        key: what it is about.
        room: of the device; empty where the hub is meant.
        detail: what a message says about it.
        since: when it began, seconds since 1970.

    """

    key: Key
    room: str
    detail: str
    since: float


@dataclass
class _Condition:
    """How one thing has been; times are of the monotonic clock.

    Attributes:
        bad_since: None while it is well.
        well_since: None while it is wrong.
        amount: of the symptom, at its least since `bad_since`.
        alerts: how many there were, until it was well for a day.
        alert: None where there is none.

    """

    bad_since: float | None = None
    well_since: float | None = None
    amount: int | None = None
    alerts: int = 0
    alert: Alert | None = None

    @property
    def calm_seconds(self) -> float:
        """So long it must be well before the alert is over; twice as long each time that it comes again."""
        return min(_CALM_SECONDS * 2.0 ** max(0, self.alerts - 1), _LONGEST_CALM_SECONDS)


class Rules:
    """Remembers at most one condition for each symptom that was bad lately."""

    def __init__(self, limits: Alerts, known: Mapping[Key, Alert] | None = None) -> None:
        """Begin with `known` alerts, as they were before a restart."""
        self._limits = limits
        self._conditions = {key: _Condition(alert=alert, alerts=1) for key, alert in (known or {}).items()}

    @property
    def open(self) -> dict[Key, Alert]:
        """All alerts that are not over."""
        return {key: each.alert for key, each in self._conditions.items() if each.alert is not None}

    def step(self, facts: Facts) -> set[Key]:
        """Take in the facts of a moment; return what nobody knows any more, such as a decommissioned device."""
        found = symptoms(facts, self._limits, self._is_open)
        for key, symptom in found.items():
            if symptom.bad:
                self._bad(key, symptom, facts)
            elif key in self._conditions:
                self._well(key, facts)
        return self._forget(found, facts)

    def _is_open(self, key: Key) -> bool:
        condition = self._conditions.get(key)
        return condition is not None and condition.alert is not None

    def _bad(self, key: Key, symptom: Symptom, facts: Facts) -> None:
        now = facts.monotonic
        condition = self._conditions.setdefault(key, _Condition())
        condition.well_since = None
        if condition.alert is not None:
            condition.alert = condition.alert._replace(room=symptom.room, detail=symptom.detail)
            return
        less = symptom.amount is not None and condition.amount is not None and symptom.amount < condition.amount
        if condition.bad_since is None or less:
            condition.bad_since, condition.amount = now - symptom.ago, symptom.amount
        longest = self._limits.camera_minutes * 60 if key.kind == "camera" else _BAD_SECONDS[key.kind]
        if now - condition.bad_since >= longest:
            since = facts.time - (now - condition.bad_since)
            condition.alert = Alert(key, symptom.room, symptom.detail, since)
            condition.alerts += 1

    def _well(self, key: Key, facts: Facts) -> None:
        condition = self._conditions[key]
        condition.bad_since = condition.amount = None
        if condition.well_since is None:
            condition.well_since = facts.monotonic
        well = facts.monotonic - condition.well_since
        if condition.alert is not None and well >= condition.calm_seconds:
            condition.alert = None
        elif condition.alert is None and (not condition.alerts or well >= _FORGET_SECONDS):
            del self._conditions[key]

    def _forget(self, found: Mapping[Key, Symptom], facts: Facts) -> set[Key]:
        """Forget devices that the hub knows no more, and certificates that are no longer used."""
        devices = {device.place for device in facts.devices}
        gone = {
            key
            for key in self._conditions
            if (key.kind == "certificate" and key not in found)
            or (key.site and (key.site, key.subject) not in devices and facts.listening_seconds >= _CALM_SECONDS)
        }
        for key in gone:
            del self._conditions[key]
        return gone
