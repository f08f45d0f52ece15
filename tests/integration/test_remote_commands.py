"""A pause and tightened settings, by real commands over a real broker, through restarts of either process."""

import os
import signal
from pathlib import Path
from typing import Any

from tests.conftest import Mosquitto, Remote, Subscriber, until
from tests.support.daemon import Daemon, processes, write_config
from tests.support.records import missing, numbers


def paused(record: dict[str, Any]) -> bool:
    return bool(record["suppressed"] == "paused")


def closed(health: dict[str, Any]) -> bool:
    return health["camera"] is not None and health["camera"]["state"] == "paused"


def test_a_paused_device_has_closed_the_camera_says_so_and_stays_so_whatever_restarts(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, remote: Remote
) -> None:
    with Daemon(tmp_path, "run", "--config", write_config(tmp_path, broker.port)) as daemon:
        subscriber.next("/pause", lambda state: state == "OFF")
        first = subscriber.next("/counts", lambda record: record["faces"]["mean"] is not None)
        camera = daemon.children()["camera"]
        remote.say("pause/set", "ON")
        assert subscriber.next("/health", closed)["paused_by"] == ["remote"]
        subscriber.next("/pause", lambda state: state == "ON")
        assert camera not in [pid for pid, _parent, _words in processes()]
        record = subscriber.next("/counts", paused)
        assert set(record["emotions"].values()) | set(record["observations"].values()) == {None}
        assert record["frames"] == {"analysed": 0, "expected": 0}

        before = daemon.children()
        os.kill(before["observe"], signal.SIGKILL)
        second = subscriber.next("/counts", lambda record: record["boot"] != first["boot"])
        os.kill(before["publish"], signal.SIGKILL)
        subscriber.next("/status", lambda status: status == "online")
        third = subscriber.next("/counts", lambda record: record["seq"] > second["seq"] + 1)
        assert paused(second)
        assert paused(third)
        assert "camera" not in daemon.children()

        remote.say("pause/set", "OFF")
        subscriber.next("/pause", lambda state: state == "OFF")
        subscriber.next("/counts", lambda record: record["faces"]["mean"] is not None)
        until(lambda: not missing(subscriber))  # the pause is no gap
    assert first["boot"] in numbers(subscriber)


def test_strangers_commands_are_not_believed_and_tightening_outlives_a_restart(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, remote: Remote
) -> None:
    config = write_config(tmp_path, broker.port)
    remote.say("pause/set", "ON", retain=True)
    with Daemon(tmp_path, "publish", "--config", config) as daemon:
        until(lambda: "pause/set: ignored: a retained command" in daemon.lines())
        for noise in (b"\xff" * 10_000, b"", b"on", b"{}", b"ON "):
            remote.say("pause/set", noise)
        remote.say("privacy/set", '{"min_group": 8, "max_share": 0.8}')
        info = subscriber.next("/info", lambda info: info["privacy"]["min_group"] == 8)
        assert info["privacy"] == {"min_group": 8, "max_share": 0.8, "min_cell": 0.0}
        remote.say("privacy/set", '{"min_group": 1}')
        remote.say("privacy/set", '{"min_cell": 1}')
        info = subscriber.next("/info", lambda info: info["privacy"]["min_cell"] == 1)
        assert info["privacy"]["min_group"] == 8
        assert daemon.lines().count("ignored") - daemon.lines().count("ignored since") == 1
    with Daemon(tmp_path, "run", "--config", config):
        info = subscriber.next("/info", lambda info: info["model"] is not None)
        assert info["privacy"]["min_group"] == 8
        record = subscriber.next("/counts", lambda record: record["frames"]["analysed"] > 0)
        assert record["suppressed"] == "below_min_group"
        assert record["privacy"] == {"min_group": 8, "max_share": 0.8, "min_cell": 1.0}


def test_out_of_its_hours_a_device_never_opens_the_camera_and_no_command_opens_it(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, remote: Remote
) -> None:
    closed_always = {"holidays": ["2000-01-01/2999-12-31"]}
    with Daemon(tmp_path, "run", "--config", write_config(tmp_path, broker.port, pause=closed_always)) as daemon:
        assert subscriber.next("/health", closed)["paused_by"] == ["schedule"]
        subscriber.next("/pause", lambda state: state == "ON")
        remote.say("pause/set", "OFF")
        records = [subscriber.next("/counts") for _ in range(2)]
        assert all(map(paused, records))
        assert "camera" not in daemon.children()
        assert "first frame" not in daemon.lines()
