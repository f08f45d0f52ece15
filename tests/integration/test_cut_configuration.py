"""A configuration that was cut short, or became invalid, under a real device: nothing is loosened, nothing stops."""

import json
import os
import signal
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from edge.config.completeness import END
from tests.conftest import SECONDS, Mosquitto, Subscriber
from tests.support.daemon import Daemon, command, write_config
from tests.support.reloads import agreed, kept, running, soon, until_settled
from tests.support.verbs import apply, doctor

CLOSED = {"camera_open": ["sat 00:00-00:01"], "holidays": ["2020-01-01/2099-12-31"]}
"""A year-long holiday: the camera must stay closed whenever the test runs."""


def device(folder: Path, port: int, **more: Any) -> Path:
    """Write a configuration whose privacy settings are stricter than the defaults, and whose camera is closed."""
    strict: dict[str, dict[str, Any]] = {"privacy": {"min_group": 10}, "pause": CLOSED}
    return write_config(folder, port, **strict | more)


def cut(config: Path, before: str) -> None:
    """Let a file end before a section, as after a power cut."""
    config.write_text(config.read_text().partition(before)[0])


@pytest.mark.parametrize(("section", "marked"), [("[pause]", True), ("interval_seconds", False)])
def test_a_cut_file_opens_no_camera(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, section: str, *, marked: bool
) -> None:
    config = device(tmp_path, broker.port)
    if not marked:
        config.write_text(config.read_text().replace(END, ""))
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        first = soon(subscriber, "/info")
        assert soon(subscriber, "/pause") == "ON"
        until_settled(lambda: agreed(tmp_path))
        cut(config, section)
        daemon.process.send_signal(signal.SIGHUP)
        until_settled(lambda: daemon.lines().count("the configuration in use stays, as the file cannot be used") == 2)
        refused = soon(subscriber, "/info", lambda info: info["configuration_from"] == "last good")
        assert refused["configuration"] == first["configuration"]
        assert refused["privacy"]["min_group"] == 10
        assert soon(subscriber, "/counts")["suppressed"] == "paused"
        assert ("/pause", "OFF") not in {(topic[-6:], str(payload)) for topic, payload, _retained in subscriber.seen}
        log = daemon.lines()
    assert f"{config}: pause.camera_open: is missing, and a value that protects people more is in force" in log
    assert "write camera_open = [] in [pause]" in log
    assert (f"was cut short: it had the last line `{END}`" in log) == marked
    assert ("so a cut file would not be noticed" in log) != marked


def test_a_device_that_starts_with_a_cut_file_uses_the_last_good_configuration(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    config = device(tmp_path, broker.port)
    with Daemon(tmp_path, "run", "--config", config):
        first = soon(subscriber, "/info")
        last = soon(subscriber, "/counts")
        until_settled(lambda: agreed(tmp_path))
    assert stat.S_IMODE(kept(tmp_path).stat().st_mode) == 0o600
    whole = config.read_text()
    cut(config, "[pause]")
    checked = subprocess.run(
        command("check-config", "--json", config),
        capture_output=True,
        text=True,
        timeout=4 * SECONDS,
        check=False,
    )
    assert checked.returncode == 78
    assert any("pause.camera_open: is missing" in problem for problem in json.loads(checked.stdout)["problems"])
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        again = soon(subscriber, "/info", lambda info: info["configuration_from"] == "last good")
        assert again["configuration"] == first["configuration"]
        assert soon(subscriber, "/counts", lambda record: record["start"] > last["start"])["suppressed"] == "paused"
        findings = doctor(config)[1]
        assert findings["configuration"]["state"] == "failed"
        assert findings["configuration.last-good"]["state"] == "warning"
        assert apply(config).returncode == 78
        assert f"the last good configuration is used, as {config} cannot be used" in daemon.lines()

        config.write_text(whole.replace("B12", "C3"))
        done = apply(config)
        assert done.returncode == 0, done.stderr
        after = soon(subscriber, "/info", lambda info: info["room"] == "C3")
        assert after["configuration_from"] == "file"
        assert '.toml: device.room: "B12" -> "C3"' in daemon.lines()


def test_a_file_is_checked_against_the_device_before_it_replaces_its_configuration(
    tmp_path: Path, broker: Mosquitto
) -> None:
    """As the Ansible role does: the new file has another path, and the device still uses the old one."""
    config = device(tmp_path, broker.port)
    with Daemon(tmp_path, "run", "--config", config):
        until_settled(lambda: agreed(tmp_path))
    new = tmp_path / "new.toml"

    def check(text: str) -> "subprocess.CompletedProcess[str]":
        new.write_text(text)
        words = command("check-config", "--replaces", config, new)
        return subprocess.run(words, capture_output=True, text=True, timeout=4 * SECONDS, check=False)

    old = config.read_text()
    without = check(old.replace("min_group = 10\n", ""))
    assert without.returncode == 78
    assert "privacy.min_group: is missing, and a value that protects people more is in force" in without.stdout
    assert "write min_group = 5 in [privacy]" in without.stdout
    unknown = check(old.replace("min_group = 10\n", "min_grup = 10\n"))
    assert unknown.returncode == 78
    assert "min_grup: unknown key" in unknown.stdout
    meant = check(old.replace("min_group = 10\n", "min_group = 5\n"))
    assert meant.returncode == 0, meant.stdout
    assert config.read_text() == old


def test_what_is_loosened_in_words_is_taken_up(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber) -> None:
    config = device(tmp_path, broker.port)
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        until_settled(lambda: agreed(tmp_path))
        device(tmp_path, broker.port, pause={"camera_open": [], "holidays": []}, privacy={"min_group": 5})
        done = apply(config)
        assert done.returncode == 0, done.stderr
        assert soon(subscriber, "/info", lambda info: info["privacy"]["min_group"] == 5)
        assert 'pause.holidays: ["2020-01-01/2099-12-31"] -> []' in daemon.lines()


@pytest.mark.parametrize(
    ("process", "text"), [("observe", "[device\n"), ("publish", "interval_seconds = 7\n"), ("publish", None)]
)
def test_an_invalid_file_ends_no_device_when_a_process_is_restarted(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, process: str, text: str | None
) -> None:
    config = write_config(tmp_path, broker.port)
    spool = f'[spool]\ndirectory = "{tmp_path / "state"}"\n'
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        until_settled(lambda: agreed(tmp_path))
        before = daemon.children()
        if text is None:
            config.write_text(config.read_text().replace('"scene"', '"rtsp://user:Hidden-7@192.0.2.7:bad"'))
        else:
            config.write_text(text + spool)
        os.kill(before[process], signal.SIGKILL)
        until_settled(lambda: daemon.children().get(process, before[process]) != before[process])
        until_settled(lambda: "the last good configuration is used" in daemon.lines())
        last = soon(subscriber, "/counts")
        assert soon(subscriber, "/counts", lambda record: record["start"] > last["start"])["room"] == "B12"
        assert daemon.process.poll() is None
        log = daemon.lines()
    assert f"{config}" in log
    assert "Hidden" not in log


def test_apply_adds_the_line_that_shows_that_a_file_is_whole(tmp_path: Path, broker: Mosquitto) -> None:
    config = write_config(tmp_path, broker.port)
    config.write_text(config.read_text().replace(f"{END}\n", ""))
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        until_settled(lambda: running(tmp_path).get("observer"))
        assert "so a cut file would not be noticed" in daemon.lines()
        before = config.read_text()
        done = apply(config)
        assert done.returncode == 0, done.stderr
        assert config.read_text() == f"{before}{END}\n"
        until_settled(lambda: kept(tmp_path).exists() and END in json.loads(kept(tmp_path).read_text())["text"])
        apply(config)
        assert config.read_text() == f"{before}{END}\n"


def survives_hangup(process: int) -> bool:
    """Whether SIGHUP does not end a process: it is caught or ignored."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False
    masks = [int(line.split()[1], 16) for line in status.splitlines() if line.startswith(("SigIgn", "SigCgt"))]
    return any(mask >> (signal.SIGHUP - 1) & 1 for mask in masks)


def test_a_signal_to_reload_ends_no_process_that_is_starting(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    config = write_config(tmp_path, broker.port)
    with Daemon(tmp_path, "run", "--config", config) as daemon:

        def starts_under_signals() -> bool:
            for process in (daemon.process.pid, *(daemon.children().get(name, 0) for name in ("observe", "publish"))):
                if process and survives_hangup(process):
                    os.kill(process, signal.SIGHUP)
            assert daemon.process.poll() is None
            return "publish: publishing as" in daemon.lines()

        until_settled(starts_under_signals)
        assert soon(subscriber, "/counts")
        assert "was killed" not in daemon.lines()
        assert daemon.stop() == 0
