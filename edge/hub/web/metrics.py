"""The hub's own figures for a Prometheus: never a count of people or emotions, and no name of a room or device."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from edge.hub.alerts.alerts import Alerts
from edge.hub.alerts.symptoms import KINDS
from edge.hub.broker.ingest import State
from edge.hub.broker.live import Live
from edge.hub.store.database import Database

_PREFIX = "emotion_edge_hub_"


@dataclass(frozen=True)
class Sources:
    """Where the figures come from."""

    database: Database
    live: Live
    state: Callable[[], State]
    alerts: Alerts


def exposition(sources: Sources) -> tuple[bytes, str]:
    """Return all figures in Prometheus' text format, and its media type.

    Raises:
        EdgeError: the database cannot be asked now; without it nobody could know who asks, either.

    """
    import prometheus_client  # noqa: PLC0415 - needed only where somebody asks

    registry = prometheus_client.CollectorRegistry()
    registry.register(_Collector(sources))
    return prometheus_client.generate_latest(registry), prometheus_client.CONTENT_TYPE_LATEST


class _Collector:
    """Makes samples; a value that is not known has none."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    def collect(self) -> Iterator[Any]:
        """Yield the metrics."""
        from prometheus_client import core  # noqa: PLC0415

        state, alerts = self._sources.state(), self._sources.alerts
        for name, about, value in self._gauges(state):
            if value is not None:
                yield core.GaugeMetricFamily(_PREFIX + name, about, value=value)
        counters = (
            ("records_stored", "Records stored since the start of the hub.", state.stored),
            ("records_repeated", "Records that were there already.", state.repeated),
            ("alerts_sent", "Messages to people that were taken.", alerts.tally.sent),
            ("alerts_failed", "Attempts to send a message to people that failed.", alerts.tally.failed),
        )
        for name, about, total in counters:
            yield core.CounterMetricFamily(_PREFIX + name, about, value=total)
        about = "Messages that were not stored, since the start of the hub."
        refused = core.CounterMetricFamily(f"{_PREFIX}messages_refused", about, labels=["reason"])
        for reason, messages in state.refused.copy().items():
            refused.add_metric([reason], messages)
        yield refused
        open_alerts = core.GaugeMetricFamily(f"{_PREFIX}alerts_open", "Alerts that are not over.", labels=["kind"])
        kinds = [alert.key.kind for alert in alerts.open()]
        for kind in KINDS:
            open_alerts.add_metric([kind], kinds.count(kind))
        yield open_alerts

    def _gauges(self, state: State) -> list[tuple[str, str, float | None]]:
        database, live = self._sources.database, self._sources.live
        since = state.waiting_since
        lag = 0.0 if since is None else time.monotonic() - since
        heard = live.now.heard()
        silent = sum(alert.key.kind == "silent" for alert in self._sources.alerts.open())
        return [
            ("broker_connected", "1 while the broker sends.", float(state.connected)),
            ("storing", "1 while nothing keeps the hub from storing.", float(state.connected and not state.problem)),
            ("messages_waiting", "Messages that the hub has and has not stored yet.", state.waiting),
            ("lag_seconds", "How long the oldest of these has waited.", lag),
            ("database_bytes", "Size of the database.", database.size()),
            ("disk_free_bytes", "Free space of the disk of the SQLite database.", database.free_bytes()),
            ("streams", "Clients that have live data.", live.clients),
            ("devices", "Devices that are known.", len(heard)),
            ("devices_silent", "Devices that send nothing, see alerts.silent_minutes.", silent),
        ]
