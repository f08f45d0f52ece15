"""Shared parts: real data where it is present, a real Mosquitto, a real subscriber."""

import contextlib
import itertools
import json
import os
import queue
import random
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from hypothesis import settings as hypothesis_settings
from paho.mqtt.enums import CallbackAPIVersion

from edge.camera import camera
from edge.camera.sources.base import SourceSettings
from edge.config import CameraSettings, Settings
from edge.vision.schedule import Schedule
from tests.support.contract import breaches

hypothesis_settings.register_profile(
    "unhurried", deadline=None
)  # how long an example takes depends on the machine's load
hypothesis_settings.load_profile("unhurried")

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("EMOTION_EDGE_DATA", ROOT.parent / "shared" / "data"))
"""Faces, clips and FER-2013; not part of the project. Tests that need them skip by name where they are absent."""

SECONDS = 120.0
"""Longest wait for anything in a test: an event that comes ends it, so only a busy machine needs so long."""


def data(name: str) -> Path:
    """Return a file or folder of the data collection; skip the test where it is absent."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"data not present: {name} (set EMOTION_EDGE_DATA)")
    return path


def _ports() -> Iterator[int]:
    """Yield TCP ports that no other run or worker of these tests takes, each again after all others.

    They lie below the range from which Linux takes ports for outgoing connections (32768). The name of a socket claims
    two hundred of them; it is free again when this process ends. Which ones is chance: a daemon that a killed run has
    left behind still connects to the ports of that run.
    """
    with socket.socket(socket.AF_UNIX) as claim:
        for slot in random.sample(range(100), 100):
            with contextlib.suppress(OSError):
                claim.bind(f"\0emotion-edge-test-ports-{slot}")
                yield from itertools.cycle(range(11000 + 200 * slot, 11000 + 200 * (slot + 1)))
    pytest.fail("a hundred runs of these tests already claim ports")


_PORTS = _ports()


def free_port() -> int:
    """Return a TCP port that was free just now, and that nobody takes before the test does."""
    while True:
        port = next(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("", port))
            return port


def until(condition: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """Return the first true value of `condition`; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)
    return value


KEEPS_ALL = "max_queued_messages 1000000"
"""Mosquitto drops more than 1000 messages, its default, that a subscriber on a busy machine has not read yet.

(0, no limit, makes Mosquitto 2.0.11 hang up at the first message that it denies.)
"""


class Mosquitto:
    """A real broker that can be stopped and started again on the same port.

    `prefix` is a command to start it by, `first` are lines of its configuration before those of the listener.
    """

    def __init__(
        self,
        folder: Path,
        lines: str = "allow_anonymous true",
        address: str = "127.0.0.1",
        prefix: tuple[str, ...] = (),
        first: str = KEEPS_ALL,
    ) -> None:
        program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        assert program, "Mosquitto is missing: apt-get install mosquitto (make test does)"
        self._command = [*prefix, program]
        self._prefix = prefix
        self.port = free_port()
        self._config = folder / "mosquitto.conf"
        listener = f"listener {self.port} {address}\n" if address else ""  # else `lines` has its own
        self._config.write_text(f"user root\n{first}\n{listener}{lines}\n")
        self.log = folder / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen([*self._command, "-c", str(self._config)], stderr=log)

        def listens() -> bool:
            """Return whether every listener is there: they open one after the other."""
            for port in re.findall(r"^listener ([1-9]\d*)", self._config.read_text(), re.MULTILINE):
                try:
                    socket.create_connection(("127.0.0.1", int(port)), timeout=1).close()
                except OSError:
                    return False
            return True

        if not self._prefix:  # one in another network is out of our reach
            until(listens)

    def reload(self) -> None:
        """Let it read passwords, rules and certificates again."""
        self.signal(signal.SIGHUP)

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def hang_up(client: paho.Client) -> None:
    """Disconnect, and wait until the client's thread has ended."""
    client.disconnect()
    with contextlib.suppress(AttributeError):  # of paho 2.1, where the thread ends just before it is waited for
        client.loop_stop()


class Subscriber:
    """A real MQTT client that keeps what arrives, with the retain flag."""

    def __init__(self, port: int, topic: str = "#") -> None:
        self.messages: queue.SimpleQueue[tuple[str, Any, bool]] = queue.SimpleQueue()
        self.seen: list[tuple[str, Any, bool]] = []
        subscribed = queue.SimpleQueue[bool]()
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
        self._client.on_connect = lambda client, *_: client.subscribe(topic, qos=1) and None
        self._client.on_subscribe = lambda *_: subscribed.put(True)
        self._client.on_message = self._keep
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        subscribed.get(timeout=SECONDS)

    def next(self, ending: str, wanted: Callable[[Any], bool] = lambda _payload: True) -> Any:
        """Return the payload of the next message whose topic ends so and that is wanted."""
        deadline = time.monotonic() + SECONDS
        while True:
            topic, payload, retained = self.messages.get(timeout=max(0.01, deadline - time.monotonic()))
            self.seen.append((topic, payload, retained))
            if topic.endswith(ending) and wanted(payload):
                return payload

    def ever(self, ending: str, wanted: Callable[[Any], bool] = lambda _payload: True) -> Any:
        """Return the same where it may have come before something else that was waited for."""
        for topic, payload, _retained in self.seen:
            if topic.endswith(ending) and wanted(payload):
                return payload
        return self.next(ending, wanted)

    def close(self) -> None:
        hang_up(self._client)

    def _keep(self, _client: Any, _user: Any, message: paho.MQTTMessage) -> None:
        text = message.payload.decode(errors="replace")
        payload = json.loads(text) if text.startswith("{") else text
        self.messages.put((message.topic, payload, message.retain))


class Remote:
    """Someone who may send commands to the device `pi-test`."""

    def __init__(self, port: int) -> None:
        self._client = paho.Client(CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def say(self, leaf: str, payload: str | bytes, *, retain: bool = False) -> None:
        self._client.publish(f"emotion-edge/v1/north/pi-test/{leaf}", payload, qos=1, retain=retain).wait_for_publish(
            SECONDS
        )

    def close(self) -> None:
        hang_up(self._client)


@pytest.fixture(scope="module")
def quick_searches() -> Iterator[None]:
    """Let searches take no time, so that the schedule does not depend on how busy the machine of the tests is."""
    searched = Schedule.searched

    def at_once(schedule: Schedule, now: float, took: float) -> None:
        del took
        searched(schedule, now, 0.0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Schedule, "searched", at_once)
        yield


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running Mosquitto that admits everybody."""
    mosquitto = Mosquitto(tmp_path)
    mosquitto.start()
    yield mosquitto
    mosquitto.stop()


@pytest.fixture
def subscriber(broker: Mosquitto) -> Iterator[Subscriber]:
    """A subscriber to everything on `broker`; whatever a device published there must keep to the contract."""
    client = Subscriber(broker.port)
    yield client
    client.close()
    while not client.messages.empty():
        client.seen.append(client.messages.get())
    published = [(topic, payload) for topic, payload, _retained in client.seen if not topic.endswith("/set")]
    assert not [breach for topic, payload in published for breach in breaches(topic, payload)]


@pytest.fixture
def remote(broker: Mosquitto) -> Iterator[Remote]:
    someone = Remote(broker.port)
    yield someone
    someone.close()


def camera_settings(**values: Any) -> CameraSettings:
    """Return camera settings for a test: every frame at once, trouble noticed soon."""
    quick = {"source": "scene", "pace": "fast", "stall_seconds": 1.0, "retry_cap_seconds": 1.0}
    return CameraSettings(**quick | values)


def source_settings(**values: Any) -> SourceSettings:
    """Return the same for a source alone."""
    return camera.source_settings(camera_settings(**values))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that keep everything in the test's folder."""
    return Settings.model_validate(
        {
            "interval_seconds": 5,
            "device": {"id": "pi-test", "site": "north", "room": "B12"},
            "spool": {"directory": str(tmp_path / "state")},
            "door": {"path": str(tmp_path / "door.sock")},
        }
    )
