"""The device's health for a Prometheus on this machine: the facts of `health`, never a count of people or emotions."""

import errno
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, get_args

from edge.config import Metrics as MetricsSettings
from edge.contract.records import Health, Light, MessageName, Picture
from edge.errors import ConfigError, Unavailable

if TYPE_CHECKING:
    from edge.publisher.metrics_server import Server

_CLOSE_SECONDS = 5.0
"""Longest wait for a client when the port is closed."""
_MEGABYTE = 1024 * 1024
_CAMERA_STATES = ("starting", "running", "retrying", "paused", "silent")


def library() -> Any:  # noqa: ANN401 - a module
    """Return prometheus_client, which is loaded only where `metrics.listen` is set.

    Raises:
        ConfigError: it is not installed.

    """
    try:
        import prometheus_client.core  # noqa: PLC0415
    except ImportError as error:
        remedy = "apt install python3-prometheus-client (or pip install 'emotion-edge[metrics]'), or empty the key"
        raise ConfigError("metrics.listen", "needs the library prometheus_client", remedy) from error
    return prometheus_client


class Metrics:
    """Answers GET in its own thread, one client after the other; does nothing where `metrics.listen` is empty."""

    def __init__(
        self, settings: MetricsSettings, health: Callable[[], Health], refuses: Callable[[], bool] = lambda: False
    ) -> None:
        """Open the port; `health` is called at every scrape, in the thread of the server.

        Clients are hung up on while `refuses` returns True.

        Raises:
            ConfigError: prometheus_client is missing, or this process may open no port.
            Unavailable: the port is taken.

        """
        self._server: Server | None = None
        self._thread: threading.Thread | None = None
        if settings.address is None:
            return
        from edge.publisher.metrics_server import open_server  # noqa: PLC0415 - saves memory where it is off

        prometheus = library()
        registry = prometheus.CollectorRegistry()
        registry.register(_Collector(health))
        try:
            self._server = open_server(settings.address, refuses)
        except OSError as error:
            problem = f"cannot be listened on ({error.strerror})"
            if error.errno in (errno.EPERM, errno.EACCES):
                remedy = "allow the unit this port, see systemd/publisher-metrics.conf"
                raise ConfigError(f"metrics.listen {settings.listen}", problem, remedy) from error
            raise Unavailable(f"metrics.listen {settings.listen}", problem, "choose another port") from error
        self._server.set_app(prometheus.make_wsgi_app(registry))
        self._thread = threading.Thread(target=self._server.serve_forever, name="metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Close the port; waits for a client at most as long as it may be silent."""
        if self._server is not None and self._thread is not None:
            self._server.shutdown()
            self._thread.join(_CLOSE_SECONDS)
            self._server.server_close()
            self._server = None


class _Collector:
    """Makes samples of `Health` at each scrape; a value that the device does not know has none."""

    def __init__(self, health: Callable[[], Health]) -> None:
        self._health = health

    def describe(self) -> list[Any]:
        """Return nothing: `collect` gives the names."""
        return []

    def collect(self) -> Iterator[Any]:
        core = library().core
        now = self._health()
        for name, about, value in _gauges(now):
            if value is not None:
                yield core.GaugeMetricFamily(f"emotion_edge_{name}", about, value)
        for name, about, value in _counters(now):
            if value is not None:
                yield core.CounterMetricFamily(f"emotion_edge_{name}", about, value)
        state = now.camera.state if now.camera else "silent"
        camera = core.GaugeMetricFamily("emotion_edge_camera_state", "1 for the state it is in.", labels=["state"])
        for one in _CAMERA_STATES:
            camera.add_metric([one], float(one == state))
        yield camera
        for name, about, words, word in _words(now):
            if word is not None:
                family = core.GaugeMetricFamily(f"emotion_edge_{name}", about, labels=[name])
                for each in words:
                    family.add_metric([each], float(each == word))
                yield family
        about = "1 for each message that the broker does not accept, and that is not published."
        withheld = core.GaugeMetricFamily("emotion_edge_message_withheld", about, labels=["message"])
        for name in get_args(MessageName):
            withheld.add_metric([name], float(name in now.withheld_messages))
        yield withheld


def _words(now: Health) -> list[tuple[str, str, tuple[str, ...], str | None]]:
    return [
        ("light", "1 for the light that the room has.", get_args(Light), now.light),
        (
            "picture",
            "1 for what the pictures show of people: good, or what hides them.",
            get_args(Picture),
            now.picture,
        ),
    ]


def _gauges(now: Health) -> list[tuple[str, str, float | None]]:
    megabytes = now.observer_resident_megabytes
    return [
        ("observer_up", "1 while the process that sees gives signs of life.", float(now.observer == "running")),
        ("camera_failed", "1 while the camera cannot be read.", float(now.camera is None or bool(now.camera.error))),
        ("frames_per_second", "Frames analysed a second.", now.frames_per_second),
        ("scan_interval_seconds", "Time between full searches for faces.", now.seconds_between_scans),
        (
            "observer_resident_memory_bytes",
            "Memory of the process that sees.",
            None if megabytes is None else megabytes * _MEGABYTE,
        ),
        (
            "publisher_resident_memory_bytes",
            "Memory of the process that talks.",
            now.publisher_resident_megabytes * _MEGABYTE,
        ),
        ("backlog_records", "Records that wait for the broker.", now.backlog),
        ("descriptors_free", "Files that the publisher may still open.", now.descriptors_free),
        (
            "refusals_visible",
            "1 where a record that the broker denies would be noticed.",
            None if now.refusals_visible is None else float(now.refusals_visible),
        ),
        ("damaged_files", "State files of which damaged ones were set aside.", len(now.damaged_files)),
        ("practice", "1 while somebody on the device tries it out, with privacy.min_group 1.", float(now.practice)),
        ("spool_on_disk", "0 while records are kept in memory alone.", float(now.spool == "disk")),
        ("clock_synchronised", "1 while the clock is right.", float(now.clock == "synced")),
        ("soc_temperature_celsius", "Temperature of the processor.", now.soc_celsius),
        ("throttled_bits", "Raspberry Pi's throttle bits.", None if now.throttled is None else int(now.throttled, 16)),
    ]


def _counters(now: Health) -> list[tuple[str, str, float | None]]:
    return [
        ("records_dropped_total", "Records given up for want of room.", now.dropped),
        ("records_lost_total", "Stored records that are not there any more.", sum(one.records for one in now.lost)),
        (
            "without_subscriber_total",
            "Records taken by the broker and subscribed to by nobody.",
            now.without_subscriber,
        ),
        ("door_refused_total", "Packets that did not pass the door.", now.refused_at_door),
        ("commands_refused_total", "Commands that were ignored.", now.refused_commands),
        ("broker_connections_total", "Connections to the broker.", now.connections),
        ("camera_restarts_total", "Restarts of the camera.", now.camera.restarts if now.camera else None),
    ]
