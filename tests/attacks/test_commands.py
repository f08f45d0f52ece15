"""Someone who may send commands to a device, and sends them without end."""

import itertools
import json
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.conftest import SECONDS, Mosquitto, hang_up, until
from tests.faults.road import Road, Witness

ROOT = "emotion-edge/v1/north/pi-test"
A_SECOND = 200


class Flood:
    """Sends commands at a rate, and notes each version of a file of the device's state that it sees meanwhile."""

    def __init__(self, port: int, commands: Iterator[tuple[str, str]], file: Path) -> None:
        self.sent = 0
        self.versions: set[int] = set()
        self._commands = commands
        self._file = file
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._stop = threading.Event()
        self._began = time.monotonic()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self._thread.start()

    def _send(self) -> None:
        while not self._stop.wait(1 / A_SECOND):
            leaf, payload = next(self._commands)
            self._client.publish(f"{ROOT}/{leaf}", payload)
            self.sent += 1
            if self._file.exists():
                self.versions.add(self._file.stat().st_mtime_ns)

    def end(self) -> float:
        """Stop; return how long it lasted, seconds."""
        self._stop.set()
        self._thread.join(SECONDS)
        hang_up(self._client)
        return time.monotonic() - self._began


def toggles() -> Iterator[tuple[str, str]]:
    return (("pause/set", word) for word in itertools.cycle(("ON", "OFF")))


def small_steps() -> Iterator[tuple[str, str]]:
    return (("privacy/set", json.dumps({"max_share": 0.9 - step * 1e-5})) for step in itertools.count())


def test_toggles_without_end_stop_neither_records_nor_the_stop(
    tmp_path: Path, broker: Mosquitto, witness: Witness
) -> None:
    with Road(tmp_path, broker.port) as road:
        road.start_publisher()
        road.start_observer()
        until(witness.keys)
        flood = Flood(broker.port, toggles(), road.state / "pause.json")
        until(lambda: flood.sent > 5 * A_SECOND)
        before = len(witness.keys())
        until(lambda: len(witness.keys()) >= before + 10)
        road.end_observer()
        assert road.publisher is not None
        road.signal_publisher(signal.SIGTERM)
        assert road.publisher.wait(SECONDS) == 0, "it ends while the flood goes on"
        lasted = flood.end()
        assert 1 <= len(flood.versions) <= lasted + 2
        road.publisher = None
        road.start_publisher()
        road.check(witness)


def test_small_steps_without_end_are_few_lines(tmp_path: Path, broker: Mosquitto, witness: Witness) -> None:
    with Road(tmp_path, broker.port) as road:
        road.start_publisher()
        road.start_observer()
        until(witness.keys)
        flood = Flood(broker.port, small_steps(), road.state / "privacy.json")
        until(lambda: flood.sent > 10 * A_SECOND)
        lasted = flood.end()
        until((road.state / "privacy.json").exists)
        until(lambda: json.loads((road.state / "privacy.json").read_text())["max_share"] <= 0.88)
        lines = road.log.read_text().count("privacy settings tightened remotely")
    assert 1 <= lines <= min(lasted + 2, 4), "hundredths between 0.9 and 0.88"
