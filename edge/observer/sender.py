"""What the observer sends through the door: one record an interval, and heartbeats."""

import math
import secrets
import time

from edge.camera.camera import CameraControl
from edge.config import Settings
from edge.contract.records import ClosedInterval, Heartbeat, PausedBy, Picture
from edge.counting.interval import IntervalCounter
from edge.door.client import DoorClient
from edge.system.clock import Interval
from edge.system.configuration_hash import configuration_hash
from edge.system.sensors import resident_kilobytes
from edge.vision.pipeline import Pipeline


class Sender:
    """Hands in what was counted. `boot` and `seq` are for the acknowledgement only: the publisher gives the names."""

    def __init__(
        self,
        settings: Settings,
        door: DoorClient,
        camera: CameraControl,
        pipeline: Pipeline,
        *,
        network_isolated: bool,
    ) -> None:
        self._settings = settings
        self._door = door
        self._camera = camera
        self._pipeline = pipeline
        self._network_isolated = network_isolated
        self._boot = secrets.token_hex(4)
        self._seq = 0

    def counter(self) -> IntervalCounter:
        """Return an empty counter for an interval."""
        settings = self._settings
        return IntervalCounter(settings.vision.unsure_below, self._pipeline.classifier.reference, settings.mode)

    def send(self, interval: Interval, counter: IntervalCounter | None) -> None:
        """Send what was counted; of an interval that was paused, even in part, nothing (`counter` is None)."""
        expected = math.ceil(self._settings.interval_seconds * self._settings.camera.frames_per_second)
        self._door.send(
            ClosedInterval(
                **dict(counter.close(expected) if counter else self.counter().close(0)),
                paused=counter is None,
                boot=self._boot,
                seq=self._seq,
                monotonic=min(time.monotonic(), interval.deadline),  # not when the last analysis was done
                interval_seconds=self._settings.interval_seconds,
                model=self._pipeline.classifier.name,
            )
        )
        self._seq += 1

    def beat(self, rate: float, paused_by: PausedBy, picture: Picture | None) -> None:
        """Send a heartbeat; `rate` is how many frames a second were analysed in the interval so far."""
        kilobytes = resident_kilobytes() + self._camera.resident_kilobytes()
        self._door.beat(
            Heartbeat(
                boot=self._boot,
                monotonic=time.monotonic(),
                camera=self._camera.report(),
                paused_by=paused_by,
                frames_per_second=round(rate, 1),
                seconds_between_scans=min(round(self._pipeline.schedule.between_scans, 1), 10_000),
                light=self._pipeline.light,
                picture=picture,
                resident_megabytes=round(kilobytes / 1024),
                network_isolated=self._network_isolated,
                model=self._pipeline.classifier.name,
                runtime=self._pipeline.classifier.runtime,
                configuration=configuration_hash(self._settings),
            )
        )

    def pump(self) -> None:
        """Take in acknowledgements and orders, send what waits; never blocks."""
        self._door.pump()

    @property
    def connections(self) -> int:
        """Connections to the publisher so far."""
        return self._door.connections

    @property
    def waiting(self) -> int:
        """Records that are not acknowledged yet."""
        return self._door.waiting
