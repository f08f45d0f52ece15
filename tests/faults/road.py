"""One device's road under test: what sees (a stand-in or the true one), the true publisher, a witness at the broker."""

import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.conftest import KEEPS_ALL, ROOT, SECONDS, Mosquitto, hang_up, until
from tests.support.daemon import write_config

Key = tuple[str, int]

FULL = bool(os.environ.get("EMOTION_EDGE_FAULTS"))
"""Whether the long variants run: `make test-faults`."""

UNLIMITED = f"max_inflight_messages 0\n{KEEPS_ALL}"
"""For the broker: what it has acknowledged is on its way to the witness, and does not die with it in a queue."""


_PUBLISHED_AS = re.compile(r"observer that started as ([0-9a-f]{8}) are published as boot ([0-9a-f]{8})")


class Witness:
    """A subscriber that survives restarts of the broker and notes every record in order of arrival, by topic.

    `address` is a port or the path of a Unix socket. With a name for its `session` the broker keeps what comes while
    it is away.
    """

    def __init__(
        self, address: str | int, session: str = "", login: tuple[str, str] | None = None, topic: str = "#"
    ) -> None:
        self.arrived: list[tuple[str, dict[str, Any]]] = []
        self.health: list[dict[str, Any]] = []
        self.info: list[dict[str, Any]] = []
        self.subscribed = 0
        self.sizes: list[int] = []
        """Bytes of each record's PUBLISH at QoS 1: fixed header, topic, packet id, properties' length, payload."""
        unix = isinstance(address, str)
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=session,
            clean_session=not session,
            protocol=paho.MQTTv311,
            transport="unix" if unix else "tcp",
        )
        if login:
            self._client.username_pw_set(*login)
        self._client.on_connect = lambda client, *_: client.subscribe(topic, qos=1) and None
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)
        self._client.connect_async(address if isinstance(address, str) else "127.0.0.1", 1883 if unix else int(address))
        self._client.loop_start()

    def turn_to(self, port: int) -> None:
        """Connect to another address from the next attempt on."""
        self._client.connect_async("127.0.0.1", port)

    def keys(self, ending: str = "") -> list[Key]:
        """Return the first arrival of each record, in order, on the topics with this ending."""
        found = [(r["boot"], r["seq"]) for topic, r in list(self.arrived) if topic.endswith(ending)]
        return list(dict.fromkeys(found))

    def close(self) -> None:
        hang_up(self._client)

    def _on_subscribe(self, *_: Any) -> None:
        self.subscribed += 1

    def _on_message(self, _client: Any, _user: Any, message: paho.MQTTMessage) -> None:
        if "/counts" in message.topic:
            self.sizes.append(3 + 2 + len(message.topic) + 2 + 1 + len(message.payload))
            self.arrived.append((message.topic, json.loads(message.payload)))
        elif message.topic.endswith("/health"):
            self.health.append(json.loads(message.payload))
        elif message.topic.endswith("/info"):
            self.info.append(json.loads(message.payload))


class Process(Protocol):
    """A process of the device: started by the test, or by `emotion-edge run`."""

    @property
    def pid(self) -> int: ...

    def send_signal(self, number: int, /) -> None: ...

    def poll(self) -> int | None: ...

    def kill(self) -> None: ...

    def wait(self, seconds: float, /) -> int: ...


class Road:
    """Starts, kills and watches both processes; `check` says whether anything was lost.

    With settings for its `camera` the observer is the true one, and the interval whole seconds; else a stand-in.
    """

    def __init__(
        self,
        folder: Path,
        port: int,
        interval: float = 0.2,
        prefix: tuple[str, ...] = (),
        camera: dict[str, Any] | None = None,
        **mqtt: Any,
    ) -> None:
        self.folder = folder
        self.interval = interval
        self._prefix = prefix
        self._sees = camera is not None
        self.state = Path(mqtt.pop("state", folder / "state"))
        self._config = write_config(folder, port, camera=camera or {}, mqtt=mqtt, spool={"directory": str(self.state)})
        self.log = folder / "publish.log"
        self.publisher: Process | None = None
        self.observer: Process | None = None

    def start_publisher(self, seconds: float = SECONDS) -> None:
        """Start it and wait for its door, at most so many seconds."""
        arguments = [*self._prefix, sys.executable, "-m", "tests.faults.publisher", str(self._config)]
        with self.log.open("ab") as log:
            self.publisher = self._start([*arguments, str(self.interval), str(self.folder)], log)
        until((self.folder / "door.sock").exists, seconds)

    def start_observer(self, backlog: int = 0) -> None:
        """Start it; the stand-in begins with a `backlog` of so many records."""
        rest = [str(self.interval), str(self.folder)]
        if self._sees:
            arguments = [sys.executable, "-m", "tests.faults.true_observer", str(self._config), *rest]
        else:
            arguments = [sys.executable, "-m", "tests.faults.observer", str(self.folder / "door.sock"), *rest]
            arguments.append(str(backlog))
        with self.log.open("ab") as log:
            self.observer = self._start(arguments, log)

    def closed(self) -> list[Key]:
        """Return what was handed in so far, by the names that the publisher gives it once it has it."""
        boots = dict(_PUBLISHED_AS.findall(self.log.read_text()))
        with contextlib.suppress(FileNotFoundError):
            lines = (self.folder / "closed").read_text().split("\n")[:-1]
            return [(boots.get(boot, boot), int(seq)) for boot, seq in map(str.split, lines)]
        return []

    def waiting(self) -> int:
        """Return how many records the observer still holds."""
        with contextlib.suppress(FileNotFoundError):
            return int((self.folder / "waiting").read_text())
        return -1

    def more(self, records: int) -> None:
        """Wait until so many more records have been handed in."""
        wanted = self.number_closed() + records
        until(lambda: self.number_closed() >= wanted, SECONDS + 3 * records * self.interval)

    def number_closed(self) -> int:
        """Return how many records were handed in so far."""
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / "closed").read_bytes().count(b"\n")
        return 0

    def copy_state(self, target: Path) -> None:
        """Copy the state directory in use; again where a file got another name meanwhile."""
        until(lambda: self._is_copied(target))

    def _is_copied(self, target: Path) -> bool:
        try:
            shutil.copytree(self.state, target, ignore=shutil.ignore_patterns("*.new"))
        except shutil.Error:
            shutil.rmtree(target)
            return False
        return True

    def change_room(self) -> None:
        """Change the configuration: the device stands in another room, or in the first one again."""
        text = self._config.read_text()
        other = text.replace('"B13"', '"B12"') if '"B13"' in text else text.replace('"B12"', '"B13"')
        new = self._config.with_suffix(".new")
        new.write_text(other)
        new.replace(self._config)

    def reload(self) -> None:
        """Let both processes read the configuration again."""
        self.signal_publisher(signal.SIGHUP)
        assert self.observer is not None
        self.observer.send_signal(signal.SIGHUP)

    def stop_publisher(self) -> None:
        """Let it end in order: it stores what the broker has not acknowledged."""
        assert self.publisher is not None
        self.publisher.send_signal(signal.SIGTERM)
        self.publisher.wait(SECONDS)
        self.publisher = None

    def signal_publisher(self, number: signal.Signals) -> None:
        assert self.publisher is not None
        self.publisher.send_signal(number)

    def lose_broker(self, broker: Mosquitto, witness: Witness) -> None:
        """Start both processes and stop the broker after the first record; return when the spool is on disk."""
        self.start_publisher()
        self.start_observer()
        until(witness.keys)
        broker.stop()
        until((self.state / "spool.sqlite").exists)

    def back(self, broker: Mosquitto, witness: Witness) -> None:
        """Start the broker and let the witness be the first there: nobody would see what is acknowledged before."""
        before = witness.subscribed
        if self.publisher is not None:
            self.signal_publisher(signal.SIGSTOP)
        broker.start()
        until(lambda: witness.subscribed > before)
        if self.publisher is not None:
            self.signal_publisher(signal.SIGCONT)

    def kill_publisher(self) -> None:
        assert self.publisher is not None
        self.publisher.kill()
        self.publisher.wait(SECONDS)
        self.publisher = None

    def kill_observer(self) -> None:
        assert self.observer is not None
        self.observer.kill()
        self.observer.wait(SECONDS)

    def end_observer(self) -> None:
        """Let it end in order, so that no record is on its way."""
        assert self.observer is not None
        self.observer.send_signal(signal.SIGTERM)
        self.observer.wait(SECONDS)

    def check(
        self,
        witness: Witness,
        seconds: float = SECONDS,
        lost: int = 0,
        *,
        at_risk: frozenset[Key] | set[Key] = frozenset(),
        ordered: bool = True,
    ) -> None:
        """Wait until everything has arrived; nothing may be missing, and nothing out of order on either topic.

        Not `ordered` is for a broker that keeps every record, but not their order. What is `at_risk` may be missing,
        and so many others as may be `lost`.
        """
        closed = self.closed()
        with contextlib.suppress(AssertionError):
            until(lambda: len(set(closed) - set(witness.keys()) - at_risk) <= lost, seconds)
        missing = sorted(set(closed) - set(witness.keys()) - at_risk)
        assert len(missing) <= lost, f"{len(missing)} of {len(closed)} lost: {missing[:20]}"
        assert not set(witness.keys()) - set(closed) - self._last_of_each(witness), "what was never closed arrived"
        for ending in ("/counts", "/counts/backfill") if ordered else ():
            by_boot: dict[str, list[int]] = defaultdict(list)
            for boot, seq in witness.keys(ending):
                by_boot[boot].append(seq)
            for boot, seqs in by_boot.items():
                assert all(a < b for a, b in itertools.pairwise(seqs)), f"{ending} {boot}: out of order: {seqs}"

    def _last_of_each(self, witness: Witness) -> set[Key]:
        """Return the records that a kill may have kept from being noted: handed in, but not written down any more."""
        last: dict[str, int] = {}
        for boot, seq in witness.keys():  # noqa: SIM118 - a method, not a dictionary
            last[boot] = max(seq, last.get(boot, 0))
        return set(last.items())

    def _start(self, command: list[str], log: Any) -> subprocess.Popen[bytes]:
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        environment = os.environ | {"PYTHONPATH": path}
        return subprocess.Popen(command, stdout=log, stderr=log, cwd=ROOT, env=environment, process_group=0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:  # before they end: a spool may be as large as the disk, or gone with its last record
            print(subprocess.run(["ls", "-lR", str(self.state)], capture_output=True, text=True, check=False).stdout)
        for process in (self.observer, self.publisher):
            if process is not None and process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(SECONDS)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(SECONDS)
        if kind is not None:
            print(self.log.read_text())
