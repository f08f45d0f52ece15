"""Both processes change their configuration together or not at all, and no record is refused meanwhile."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from edge.door.client import DoorClient
from edge.model.metadata import read_metadata
from edge.model.path import model_path
from tests.conftest import Mosquitto, Subscriber, until
from tests.support.counts import closed
from tests.support.daemon import Daemon, write_config
from tests.support.records import missing, numbers
from tests.support.reloads import agreed, running, soon, until_settled

LONG = 6
"""Seconds of an interval after the reload; 5 before it."""


def longer(folder: Path, port: int, **sections: dict[str, Any]) -> Path:
    """Write the same configuration with a longer interval."""
    config = write_config(folder, port, **sections)
    config.write_text(config.read_text().replace("interval_seconds = 5", f"interval_seconds = {LONG}"))
    return config


def seconds(record: dict[str, Any]) -> int:
    """Return the length of a published record's interval, below a minute."""
    start, end = (int(record[name][-3:-1]) for name in ("start", "end"))
    return (end - start) % 60


def assert_none_is_missing(subscriber: Subscriber, daemon: Daemon) -> None:
    until(lambda: not missing(subscriber))
    assert "a packet at the door was dropped" not in daemon.lines()


@pytest.mark.parametrize("first", ["observe", "publish"])
def test_both_take_up_a_longer_interval_together_and_either_may_read_it_first(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, first: str
) -> None:
    config = write_config(tmp_path, broker.port)
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        until_settled(lambda: agreed(tmp_path))
        children = daemon.children()
        longer(tmp_path, broker.port)
        os.kill(children.pop(first), signal.SIGHUP)
        other = "publisher" if first == "observe" else "observer"
        until_settled(lambda: f"waits for the {other}: both change together" in daemon.lines())
        waiting = soon(subscriber, "/counts")
        assert seconds(soon(subscriber, "/counts", lambda record: record["seq"] > waiting["seq"])) == 5
        os.kill(children["publish" if first == "observe" else "observe"], signal.SIGHUP)
        soon(subscriber, "/counts", lambda record: seconds(record) == LONG)
        until_settled(lambda: agreed(tmp_path))
        assert_none_is_missing(subscriber, daemon)


def test_an_observer_that_cannot_take_it_up_keeps_the_publisher(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    """An unusable model in the same file, which only the observer loads."""
    config = write_config(tmp_path, broker.port)
    (tmp_path / "model.tflite").write_bytes(b"no model")
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        until_settled(lambda: agreed(tmp_path))
        before = running(tmp_path)["publisher"]
        longer(tmp_path, broker.port, vision={"model": str(tmp_path / "model.tflite")})
        daemon.process.send_signal(signal.SIGHUP)
        until_settled(lambda: "the configuration in use stays, as the new one cannot be used" in daemon.lines())
        last = soon(subscriber, "/counts")
        assert seconds(soon(subscriber, "/counts", lambda record: record["start"] > last["start"])) == 5
        assert running(tmp_path)["publisher"] == before == running(tmp_path)["observer"]
        assert_none_is_missing(subscriber, daemon)

        os.kill(daemon.children()["publish"], signal.SIGKILL)
        until_settled(lambda: running(tmp_path).get("publisher", before) != before)
        last = soon(subscriber, "/counts")
        assert seconds(soon(subscriber, "/counts", lambda record: record["start"] > last["start"])) == 5
        assert_none_is_missing(subscriber, daemon)


def test_a_publisher_that_cannot_take_it_up_keeps_the_observer(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    """A certificate authority that is missing, which only the publisher reads."""
    config = write_config(tmp_path, broker.port)
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        until_settled(lambda: agreed(tmp_path))
        before = running(tmp_path)
        url = f"mqtts://127.0.0.1:{broker.port}"
        longer(tmp_path, broker.port, mqtt={"url": url, "ca_file": str(tmp_path / "none.crt")})
        daemon.process.send_signal(signal.SIGHUP)
        until_settled(lambda: "the configuration in use stays, as the file cannot be used" in daemon.lines())
        until_settled(lambda: "waits for the publisher: both change together" in daemon.lines())
        last = soon(subscriber, "/counts")
        assert seconds(soon(subscriber, "/counts", lambda record: record["start"] > last["start"])) == 5
        assert running(tmp_path) == before
        assert_none_is_missing(subscriber, daemon)


def test_what_a_publisher_finds_out_too_late_takes_the_observer_back(tmp_path: Path, broker: Mosquitto) -> None:
    """The port of the metrics is taken, which no check of the file can tell."""
    config = write_config(tmp_path, broker.port)
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        until_settled(lambda: agreed(tmp_path))
        before = running(tmp_path)["publisher"]
        longer(tmp_path, broker.port, metrics={"listen": f"127.0.0.1:{broker.port}"})
        daemon.process.send_signal(signal.SIGHUP)
        until_settled(
            lambda: "the publisher keeps the former configuration, and the observer goes back" in daemon.lines()
        )
        until_settled(lambda: agreed(tmp_path) == before)
        assert daemon.lines().count("cannot be listened on (Address already in use)") == 1, "it is tried once"


@pytest.mark.parametrize("process", ["observe", "publish"])
def test_a_process_that_is_restarted_with_a_changed_file_takes_the_other_with_it(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, process: str
) -> None:
    config = write_config(tmp_path, broker.port)
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        until_settled(lambda: agreed(tmp_path))
        before = running(tmp_path)["publisher"]
        longer(tmp_path, broker.port)
        os.kill(daemon.children()[process], signal.SIGKILL)
        until_settled(lambda: agreed(tmp_path) not in ("", before))
        soon(subscriber, "/counts", lambda record: seconds(record) == LONG)
        assert_none_is_missing(subscriber, daemon)


def test_the_backlog_of_a_shorter_interval_passes_a_publisher_that_starts_with_a_longer_one(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    """The records waited with the observer while the publisher was away and the file was changed."""
    config = write_config(tmp_path, broker.port)
    with Daemon(tmp_path, "run", "--config", config):
        until_settled(lambda: agreed(tmp_path))
    # On a slow machine this device has published a record, and no earlier interval passes after it.
    (tmp_path / "state" / "names.json").unlink(missing_ok=True)
    longer(tmp_path, broker.port)
    model = read_metadata(model_path("standard")).model_name
    door, now, made = DoorClient(tmp_path / "door.sock"), time.monotonic(), 30

    def all_safe() -> bool:
        door.pump()
        return door.waiting == 0

    with Daemon(tmp_path, "publish", "--config", config) as daemon:
        for seq in range(made):
            ended = now - 5 * (made - seq)
            door.send(closed(seq=seq, boot="00000001", monotonic=ended, model=model, interval_seconds=5))
        until_settled(all_safe)
        door.close()
        until_settled(lambda: made in map(len, numbers(subscriber).values()))
        lengths = {seconds(payload) for topic, payload, _ in subscriber.seen if topic.endswith("/backfill")}
        assert lengths == {5}
        assert "a packet at the door was dropped" not in daemon.lines()
