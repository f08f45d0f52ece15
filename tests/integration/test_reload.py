"""A reload of the publisher: new settings are used, or the former ones go on as if nothing had happened."""

import signal
import time
from pathlib import Path

import pytest

from edge.door.client import DoorClient
from edge.model.metadata import read_metadata
from edge.model.path import model_path
from tests.conftest import Mosquitto, Subscriber, until
from tests.support.counts import closed
from tests.support.daemon import Daemon, write_config


def hand_in(folder: Path, boot: str, age: float) -> None:
    """Hand a record in at the door whose interval ended `age` seconds ago; wait until the publisher has it safe."""
    door = DoorClient(folder / "door.sock")
    door.send(
        closed(boot=boot, monotonic=time.monotonic() - age, model=read_metadata(model_path("standard")).model_name)
    )

    def acknowledged() -> bool:
        door.pump()
        return door.waiting == 0

    until(acknowledged)
    door.close()


@pytest.mark.parametrize("taken", ["door", "metrics"])
def test_a_reload_that_fails_at_the_last_resource_leaves_the_former_settings_in_use(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, taken: str
) -> None:
    config = write_config(tmp_path, broker.port)
    other = tmp_path / "a-file"
    other.touch()
    bad = (
        {"metrics": {"listen": f"127.0.0.1:{broker.port}"}}
        if taken == "metrics"
        else {"door": {"path": str(other / "door.sock")}}
    )
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "last-exit").write_text("running\n")
    crash = "crash or power loss"
    with Daemon(tmp_path, "publish", "--config", config) as daemon:
        first = subscriber.next("/info", lambda info: info["last_exit"] == crash)
        write_config(tmp_path, broker.port, **bad)
        daemon.process.send_signal(signal.SIGHUP)
        until(lambda: "the configuration in use stays" in daemon.lines())
        again = subscriber.next("/info")
        assert again["last_exit"] == crash, "a reload ends in order, and hides nothing of what was before"
        assert again["configuration"] == first["configuration"]
        hand_in(tmp_path, "00000001", 10)
        write_config(tmp_path, broker.port, device={"room": "C3"})
        daemon.process.send_signal(signal.SIGHUP)
        assert subscriber.next("/info", lambda info: info["room"] == "C3")["last_exit"] == crash
        hand_in(tmp_path, "00000002", 0)
        assert daemon.stop() == 0
