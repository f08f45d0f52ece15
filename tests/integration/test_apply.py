"""`emotion-edge apply` at a running device: the changed configuration is in use, or the reason is printed."""

from pathlib import Path

import pytest

from tests.conftest import Mosquitto, Subscriber, free_port, until
from tests.support.daemon import Daemon, write_config
from tests.support.reloads import running
from tests.support.retained import retained
from tests.support.verbs import apply, doctor


def in_use(config: Path) -> str:
    """Return the doctor's word on the configuration in use."""
    state: str = doctor(config)[1]["configuration.in-use"]["state"]
    return state


def test_a_changed_configuration_is_noticed_applied_and_then_in_use(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    config = write_config(tmp_path, broker.port)
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        until(lambda: running(tmp_path).get("observer"))
        before = daemon.children()
        assert in_use(config) == "ok"
        write_config(tmp_path, broker.port, device={"room": "C3"})
        assert in_use(config) == "failed"

        done = apply(config)
        assert done.returncode == 0, done.stderr
        now = running(tmp_path)
        assert done.stdout == f"{config}: in use now ({now['publisher']})\n"
        assert now["publisher"] == now["observer"]
        assert subscriber.next("/info", lambda info: info["room"] == "C3")["configuration"] == now["publisher"]
        assert in_use(config) == "ok"
        again = apply(config)
        assert again.stdout == f"{config}: in use already ({now['publisher']})\n"
        after = daemon.children()
        assert (after["observe"], after["publish"]) == (before["observe"], before["publish"]), "a reload, no restart"


def test_a_file_with_problems_is_not_applied(tmp_path: Path, broker: Mosquitto) -> None:
    config = write_config(tmp_path, broker.port)
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        until(lambda: running(tmp_path).get("observer"))
        write_config(tmp_path, broker.port, camera={"fps": 3})
        done = apply(config)
        assert done.returncode == 78
        assert "camera.fps: unknown key" in done.stderr
        assert "is not applied; the configuration in use stays" in done.stderr
        assert "read again" not in daemon.lines(), "the device was not disturbed"


def test_a_process_that_keeps_the_old_configuration_is_named(tmp_path: Path, broker: Mosquitto) -> None:
    """The port is taken, which no check of the file can tell."""
    config = write_config(tmp_path, broker.port)
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        until(lambda: running(tmp_path).get("observer"))
        old = running(tmp_path)["publisher"]
        write_config(tmp_path, broker.port, metrics={"listen": f"127.0.0.1:{broker.port}"})

        def is_named() -> bool:  # on a slow machine not by the first attempt: the publisher is not back yet
            done = apply(config, "--timeout", "8")
            line = f"is not in use: the publisher keeps the old configuration ({old})"
            return done.returncode == 78 and line in done.stderr

        until(is_named)
        assert "the configuration in use stays" in daemon.lines()


def test_a_device_that_does_not_run_is_said_so(tmp_path: Path) -> None:
    done = apply(write_config(tmp_path, free_port()))
    assert done.returncode == 69
    assert "does not run" in done.stderr


@pytest.mark.parametrize("change", [{"site": "south"}, {"id": "pi-other"}])
def test_a_renamed_device_takes_back_what_it_left_under_its_old_name(
    tmp_path: Path, broker: Mosquitto, change: dict[str, str]
) -> None:
    config = write_config(tmp_path, broker.port)
    old = "emotion-edge/v1/north/pi-test"
    with Daemon(tmp_path, "run", "--config", config):
        until(lambda: len(retained(broker.port, f"{old}/")) == 3)
        write_config(tmp_path, broker.port, device=change)
        assert apply(config).returncode == 0
        until(lambda: retained(broker.port, f"{old}/") == [])
        device = {"site": "north", "id": "pi-test"} | change
        until(lambda: len(retained(broker.port, f"emotion-edge/v1/{device['site']}/{device['id']}/")) == 3)
        if "id" in change:
            until(lambda: retained(broker.port, "homeassistant/device/pi-test/") == [])
