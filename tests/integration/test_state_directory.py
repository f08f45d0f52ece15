"""What happens to the state directory while real publishers use it."""

import contextlib
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import SECONDS, Mosquitto, Remote, Subscriber, until
from tests.support.daemon import Daemon, command, write_config
from tests.support.reloads import agreed, soon, until_settled
from tests.support.verbs import apply


def anonymous(config: Path) -> Path:
    """Let the device find its own name."""
    config.write_text(config.read_text().replace('id = "pi-test"\n', ""))
    return config


def test_two_devices_in_one_state_directory_are_refused_with_the_remedy(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    first = write_config(tmp_path, broker.port)
    other = tmp_path / "other"
    other.mkdir()
    second = write_config(other, broker.port, device={"id": "pi-other"}, spool={"directory": str(tmp_path / "state")})
    with Daemon(tmp_path, "publish", "--config", first):
        subscriber.next("/pi-test/status", lambda status: status == "online")
        with Daemon(other, "publish", "--config", second) as refused:
            assert refused.process.wait(60) == 69
            lines = refused.lines()
    assert (
        "state: another publisher uses this state directory; stop it, or give each device a folder of its own" in lines
    )
    assert not [topic for topic, _payload, _retained in subscriber.seen if "pi-other" in topic]
    with Daemon(other, "publish", "--config", second):  # the remedy
        subscriber.next("/pi-other/status", lambda status: status == "online")


def test_a_state_directory_that_is_deleted_in_use_is_written_again(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, remote: Remote
) -> None:
    """Else the next start would have another name, and looser privacy settings."""
    config = write_config(tmp_path, broker.port)
    state = tmp_path / "state"
    with Daemon(tmp_path, "publish", "--config", config) as publisher:
        subscriber.next("/status", lambda status: status == "online")
        remote.say("privacy/set", '{"min_group": 7}')
        subscriber.next("/info", lambda info: info["privacy"]["min_group"] == 7)
        until((state / "privacy.json").exists)
        kept = {path.name for path in state.iterdir() if path.suffix != ".new"}  # which is there for a moment
        until(lambda: time.time() > state.stat().st_mtime + 5)  # it looks once a second
        shutil.rmtree(state.rename(tmp_path / "gone"))  # at once: file by file it would see each of them go
        until(lambda: "deleted or replaced while it is in use" in publisher.lines(), 60)
        until(lambda: {path.name for path in state.iterdir()} >= kept)
    with Daemon(tmp_path, "publish", "--config", config):
        info = subscriber.next("/info", lambda info: info["last_exit"] == "clean")
        assert info["privacy"]["min_group"] == 7


def check_config(config: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command("check-config", config), capture_output=True, text=True, timeout=2 * SECONDS, check=False
    )


def test_another_state_directory_is_refused_until_the_files_were_moved(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else records that wait are never sent, a pause ends, and privacy settings are loosened, without a word."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    config = write_config(tmp_path, broker.port, spool={"directory": ""})
    named = {"directory": str(tmp_path / "other place")}
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        until_settled(lambda: agreed(tmp_path))
        remote.say("privacy/set", '{"min_group": 7}')
        until((tmp_path / "state" / "privacy.json").exists)
        write_config(tmp_path, broker.port, spool=named)
        refused = apply(config)
        assert refused.returncode == 78
        assert "spool.directory: is another state directory than" in refused.stderr
        assert "the state of a device that runs, privacy settings that were tightened remotely" in refused.stderr
        daemon.process.send_signal(signal.SIGHUP)
        until_settled(lambda: daemon.lines().count("the configuration in use stays, as the file cannot be used") == 2)
    with Daemon(tmp_path, "run", "--config", config):  # somebody restarts it all the same
        info = soon(subscriber, "/info", lambda info: info["configuration_from"] == "last good")
        assert info["privacy"]["min_group"] == 7
    assert not (tmp_path / "other place").exists()
    said = check_config(config).stdout
    found = re.search(
        r"which holds: privacy .*; stop emotion-edge, move the files: sudo (sh -c .*), and start it", said
    )
    assert found, said
    subprocess.run(shlex.split(found[1]), check=True)
    assert check_config(config).returncode == 0
    with Daemon(tmp_path, "run", "--config", config):
        info = soon(subscriber, "/info", lambda info: info["configuration_from"] == "file")
        assert (info["privacy"]["min_group"], info["last_exit"]) == (7, "clean")


def test_a_device_whose_id_file_is_lost_keeps_its_name_also_where_it_cannot_be_written(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    config = anonymous(write_config(tmp_path, broker.port))
    state = tmp_path / "state"
    with Daemon(tmp_path, "publish", "--config", config):
        device = subscriber.next("/info")["device"]
        until((state / "published-as").exists, 60)
    if not (state / "device-id").exists():
        pytest.skip("this machine has a serial number, which is the name")
    for read_only in (False, True):
        (state / "device-id").unlink()
        with contextlib.ExitStack() as resources:
            if read_only:
                resources.enter_context(mounted_read_only(state))
            publisher = resources.enter_context(Daemon(tmp_path, "publish", "--config", config))
            assert subscriber.next("/info", lambda info: info["last_exit"] == "clean")["device"] == device
            assert f"published-as names this device {device}, which it remains" in publisher.lines()
        assert (state / "device-id").exists() is not read_only


@contextlib.contextmanager
def mounted_read_only(folder: Path) -> Iterator[None]:
    """Make a folder read-only for root, too."""
    for options in (["--bind", str(folder)], ["-o", "remount,bind,ro"]):
        if subprocess.run(["mount", *options, folder], check=False).returncode:
            pytest.skip("cannot mount a file system here (not root?)")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
