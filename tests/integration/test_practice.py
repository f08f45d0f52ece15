"""Practice on a running device: switched there, marked in all that it publishes, over when it is switched off."""

import os
import signal
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.conftest import SECONDS, Mosquitto, Remote, Subscriber, until
from tests.support.daemon import Daemon, command, write_config


def practice(config: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    arguments = command("practice", "--config", config, *words)
    return subprocess.run(arguments, capture_output=True, text=True, timeout=SECONDS, check=False)


def withheld(record: dict[str, Any]) -> bool:
    return not record["practice"] and record["suppressed"] == "below_min_group"


def told(record: dict[str, Any]) -> bool:
    return bool(record["practice"] and record["faces"]["mean"] is not None)


def test_a_small_group_is_told_and_marked_until_practice_ends(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, remote: Remote
) -> None:
    config = write_config(tmp_path, broker.port, privacy={"min_group": 50})
    refused = practice(config)
    assert (refused.returncode, "does not run" in refused.stderr) == (69, True)
    assert not (tmp_path / "practice.json").exists()
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        subscriber.next("/counts", withheld)
        done = practice(config)
        assert (done.returncode, "for 30 minutes" in done.stdout) == (0, True), done.stderr
        info = subscriber.next("/info", lambda info: info["practice"])
        assert info["privacy"]["min_group"] == 1
        subscriber.next("/health", lambda health: health["practice"])
        assert subscriber.next("/counts", told)["privacy"]["min_group"] == 1
        # From afar the rules get stricter, and practice goes on.
        remote.say("privacy/set", '{"min_group": 60, "max_share": 0.7}')
        tightened = subscriber.next("/info", lambda info: info["privacy"]["max_share"] == 0.7)
        assert (tightened["practice"], tightened["privacy"]["min_group"]) == (True, 1)
        os.kill(daemon.children()["publish"], signal.SIGKILL)
        subscriber.next("/status", lambda status: status == "online")
        subscriber.next("/counts", told)
        assert "there is practice for" in check_config(config)

        assert practice(config, "--off").returncode == 0
        subscriber.next("/info", lambda info: not info["practice"] and info["privacy"]["min_group"] == 60)
        subscriber.next("/counts", withheld)
        until(lambda: "practice has ended" in daemon.lines())
    assert "there is practice" not in check_config(config)


def test_practice_while_the_camera_is_closed_says_so(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber) -> None:
    """A technician who sets a room up in the evening would look for the fault elsewhere."""
    other_day = f"{datetime.now(UTC) + timedelta(days=3):%a}".lower()
    config = write_config(tmp_path, broker.port, pause={"camera_open": [f"{other_day} 00:00-24:00"]})
    with Daemon(tmp_path, "run", "--config", config):
        subscriber.next("/health", lambda health: health["paused_by"] == ["schedule"])
        done = practice(config)
        assert (done.returncode, "camera is closed at this hour" in done.stderr) == (0, True), done.stderr
        write_config(tmp_path, broker.port)
        assert "camera is closed" not in practice(config).stderr


def check_config(config: Path) -> str:
    done = subprocess.run(command("check-config", config), capture_output=True, text=True, timeout=SECONDS, check=False)
    return done.stdout
