"""The faults of the random walk: each lasts as long as its context, and what it broke is whole again afterwards."""

import contextlib
import os
import random
import re
import resource
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tests.conftest import Mosquitto, Remote, until
from tests.faults import disk
from tests.faults.road import Key, Road, Witness
from tests.support.daemon import processes

_LOST = re.compile(r"(\d+) records that were stored are lost \(spool_replaced\)")


class Kinds:
    """What can happen to one device.

    Attributes:
        at_risk: the closed records that the faults so far may have cost by design; `settle` waits until the device has
            named each such loss.
        counted: how many of them the device counts as lost.

    """

    def __init__(self, road: Road, broker: Mosquitto, witness: Witness, chance: random.Random) -> None:
        self._road = road
        self._broker = broker
        self._witness = witness
        self._chance = chance
        self._owed: list[Callable[[], bool]] = []
        self.at_risk: set[Key] = set()
        self.counted = 0

    def settle(self) -> None:
        """Wait until the device has said what a fault made it owe."""
        for said in self._owed:
            until(said)
        self._owed.clear()

    @contextlib.contextmanager
    def broker_away(self) -> Iterator[None]:
        self._broker.stop()
        yield
        self._road.back(self._broker, self._witness)

    @contextlib.contextmanager
    def broker_frozen(self) -> Iterator[None]:
        self._broker.signal(signal.SIGSTOP)
        yield
        self._broker.signal(signal.SIGCONT)

    @contextlib.contextmanager
    def publisher_killed(self) -> Iterator[None]:
        """Kill it; the next one starts at once, amid what else is drawn, or after that."""
        self._road.kill_publisher()
        at_once = self._chance.random() < 0.5
        if at_once:
            self._road.start_publisher()
        yield
        if not at_once:
            self._road.start_publisher()

    @contextlib.contextmanager
    def publisher_frozen(self) -> Iterator[None]:
        self._road.signal_publisher(signal.SIGSTOP)
        yield
        self._road.signal_publisher(signal.SIGCONT)

    @contextlib.contextmanager
    def publisher_reloads(self) -> Iterator[None]:
        self._road.signal_publisher(signal.SIGHUP)
        yield

    @contextlib.contextmanager
    def no_descriptors(self) -> Iterator[None]:
        assert self._road.publisher is not None
        process = self._road.publisher.pid
        soft, hard = resource.prlimit(process, resource.RLIMIT_NOFILE)
        resource.prlimit(process, resource.RLIMIT_NOFILE, (8, hard))
        yield
        resource.prlimit(process, resource.RLIMIT_NOFILE, (soft, hard))

    @contextlib.contextmanager
    def observer_killed(self) -> Iterator[None]:
        """Kill it; the next one starts at once, or after what else is drawn."""
        self._kill_observer()
        at_once = self._chance.random() < 0.5
        if at_once:
            self._road.start_observer()
            self._road.more(1)
        yield
        if not at_once:
            self._road.start_observer()

    @contextlib.contextmanager
    def observer_frozen(self) -> Iterator[None]:
        self._signal_observer(signal.SIGSTOP)
        yield
        self._signal_observer(signal.SIGCONT)

    @contextlib.contextmanager
    def observer_reloads(self) -> Iterator[None]:
        self._signal_observer(signal.SIGHUP)
        yield

    @contextlib.contextmanager
    def both_reload(self) -> Iterator[None]:
        """Give them another configuration: both take it up, and none counts what the other does not know."""
        self._road.change_room()
        self._road.reload()
        yield

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Pause it remotely: it goes on closing records, without a camera. It needs a broker that answers."""
        with contextlib.closing(Remote(self._broker.port)) as remote:
            remote.say("pause/set", "ON")
            self._await_record(lambda record: record["suppressed"] == "paused")
            yield
            remote.say("pause/set", "OFF")
        self._owe_pictures()

    @contextlib.contextmanager
    def hot_room(self) -> Iterator[None]:
        """Warm the room by 15 degrees, where a processor's temperature is simulated (`tests.soak.thermal`)."""
        (self._road.folder / "hot_room").touch()
        yield
        (self._road.folder / "hot_room").unlink()

    @contextlib.contextmanager
    def power_cut(self) -> Iterator[None]:
        """Kill both at once: what the observer held is lost, and `info` says why."""
        until(lambda: self._road.waiting() >= 0)
        self._road.signal_publisher(signal.SIGSTOP)  # from here on, nothing is acknowledged
        self._signal_observer(signal.SIGSTOP)
        held = self._road.waiting() + 1  # it may have closed one since it noted that
        self._road.kill_publisher()
        self._kill_observer()
        self.at_risk |= set(self._road.closed()[-held:])
        before = len(self._witness.info)
        crash = "crash or power loss"
        self._owed.append(lambda: any(info["last_exit"] == crash for info in self._witness.info[before:]))
        yield
        self._road.start_publisher()
        self._road.start_observer()

    @contextlib.contextmanager
    def camera_killed(self) -> Iterator[None]:
        self._signal_camera(signal.SIGKILL)
        yield
        self._owe_pictures()

    @contextlib.contextmanager
    def camera_frozen(self) -> Iterator[None]:
        """Freeze its driver for good: the observer has to replace it."""
        self._signal_camera(signal.SIGSTOP)
        yield
        self._owe_pictures()

    @contextlib.contextmanager
    def clock_steps(self) -> Iterator[None]:
        """Step it for good, by up to a day in either direction, but not so that it stands days from the true time."""
        new = self._road.folder / "step.new"
        new.write_text(f"{self._chance.uniform(-86400, 86400):.0f}")
        new.replace(self._road.folder / "step")
        yield

    @contextlib.contextmanager
    def clock_unsynchronised(self) -> Iterator[None]:
        (self._road.folder / "unsynced").touch()
        yield
        (self._road.folder / "unsynced").unlink()

    @contextlib.contextmanager
    def door_deleted(self) -> Iterator[None]:
        (self._road.folder / "door.sock").unlink(missing_ok=True)
        yield

    @contextlib.contextmanager
    def disk_full(self) -> Iterator[None]:
        disk.fill(self._disk)
        yield
        disk.make_room(self._disk)
        self._owe_names()

    @contextlib.contextmanager
    def disk_read_only(self) -> Iterator[None]:
        """Fill it first: then the spool, which could be open for writing and so keep the kernel from it, is closed."""
        disk.fill(self._disk)
        until_then = time.monotonic() + 3
        while not disk.remount(self._disk, "ro") and time.monotonic() < until_then:
            time.sleep(0.1)  # a publisher that is frozen closes nothing: then the disk stays full
        yield
        assert disk.remount(self._disk, "rw")
        disk.make_room(self._disk)
        self._owe_names()

    @contextlib.contextmanager
    def directory_deleted(self) -> Iterator[None]:
        self._await_settled_files()
        with self._logged("files are written again"):
            self._road.state.rename(self._disk / "gone")
            shutil.rmtree(self._disk / "gone")
        yield

    @contextlib.contextmanager
    def directory_replaced(self) -> Iterator[None]:
        """Put an older copy in the place of the one in use."""
        self._await_settled_files()
        copy = self._copy()
        time.sleep(self._chance.uniform(0, 1))  # how much older it is
        with self._logged("files are written again"):
            self._road.state.rename(self._disk / "gone")
            copy.rename(self._road.state)
            shutil.rmtree(self._disk / "gone")
        yield

    @contextlib.contextmanager
    def spool_damaged(self) -> Iterator[None]:
        self._await_stored_record()
        with self._logged(", now spool.sqlite.corrupt-"):
            disk.damage(self._spool)
        yield

    @contextlib.contextmanager
    def spool_restored(self) -> Iterator[None]:
        """Put an older copy in the place of a spool that was closed in order: what it lacks is lost, and counted."""
        self._await_stored_record()
        before = set(self._road.closed())
        copy = self._copy()
        self._road.more(2)
        until(lambda: self._road.waiting() == 0)
        self._road.stop_publisher()
        self.at_risk |= set(self._road.closed()) - before
        for file in self._road.state.glob("spool.sqlite*"):
            file.unlink()
        for file in copy.glob("spool.sqlite*"):
            shutil.copy(file, self._road.state)
        shutil.rmtree(copy)
        with self._logged("are lost (spool_replaced)"):
            self._road.start_publisher()
        lost, heard = int(_LOST.findall(self._road.log.read_text())[-1]), len(self._witness.health)
        assert lost >= 2
        self.counted += lost
        named = [{"cause": "spool_replaced", "records": lost}]
        self._owed.append(lambda: any(health["lost"] == named for health in self._witness.health[heard:]))
        yield

    @property
    def _disk(self) -> Path:
        return self._road.state.parent

    @property
    def _spool(self) -> Path:
        return self._road.state / "spool.sqlite"

    def _await_stored_record(self) -> None:
        """Wait until the spool has a record of this outage: one that only holds what was delivered is soon deleted."""
        self._road.more(1)
        until(lambda: self._road.waiting() == 0)
        assert self._spool.exists()

    def _copy(self) -> Path:
        """Copy the state directory while it is in use."""
        copy = self._disk / "copy"
        with contextlib.suppress(shutil.Error):  # a file disappeared meanwhile
            self._road.copy_state(copy)
        return copy

    def _await_settled_files(self) -> None:
        """Wait until the publisher has had the time to read again what it wrote: that is promised after a second."""

        def settled() -> bool:
            files = [path for path in self._road.state.iterdir() if not path.name.startswith("spool")]
            with contextlib.suppress(FileNotFoundError):
                return all(file.stat().st_mtime < time.time() - 3 for file in files)
            return False

        until(settled)

    @contextlib.contextmanager
    def _logged(self, words: str) -> Iterator[None]:
        """Do something, and wait until the publisher says once more that it noticed."""
        before = self._road.log.read_text().count(words)
        yield
        until(lambda: self._road.log.read_text().count(words) > before)

    def _kill_observer(self) -> None:
        self._road.kill_observer()
        (self._road.folder / "waiting").unlink(missing_ok=True)

    def _signal_observer(self, number: signal.Signals) -> None:
        assert self._road.observer is not None
        self._road.observer.send_signal(number)

    def _signal_camera(self, number: signal.Signals) -> None:
        observer = self._road.observer
        assert observer is not None

        def camera() -> int | None:
            return next((pid for pid, parent, _ in processes() if parent == observer.pid), None)

        os.kill(until(camera), number)

    def _owe_names(self) -> None:
        """Let the publisher note which start of the observer it names, which it could not do on that disk."""

        def noted() -> bool:
            last = (self._road.folder / "closed").read_text().split()[-2]
            return f'"observer":"{last}"' in (self._road.state / "names.json").read_text()

        self._owed.append(noted)

    def _owe_pictures(self) -> None:
        before = len(self._witness.arrived)
        self._owed.append(
            lambda: any(record["frames"]["analysed"] for _topic, record in self._witness.arrived[before:])
        )

    def _await_record(self, wanted: Callable[[Any], bool]) -> None:
        before = len(self._witness.arrived)
        until(lambda: any(wanted(record) for _topic, record in self._witness.arrived[before:]))


Fault = Callable[[Kinds], AbstractContextManager[None]]
