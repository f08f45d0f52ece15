"""`emotion-edge watch` at a real broker: what is shown and exported is what was published."""

import contextlib
import csv
import functools
import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge.publisher.health import MachineState, PublisherState, build_health
from tests.conftest import SECONDS, Mosquitto, until
from tests.support.broker_recipe import Site
from tests.support.certificates import Authority
from tests.support.daemon import command, write_config
from tests.support.heartbeat import heartbeat
from tests.views.published import Device, Sender, password_file

LONG_ENOUGH = ("--duration", "10")
"""For a login or a handshake on a slow machine."""


class Watching:
    """A running `emotion-edge watch`; what it says is kept."""

    def __init__(self, *arguments: str | Path, **environment: str) -> None:
        self.said: list[str] = []
        self.printed: list[str] = []
        self.process = subprocess.Popen(
            command("watch", *arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | environment,
        )
        assert self.process.stdout
        assert self.process.stderr
        threading.Thread(target=self._keep, args=(self.process.stderr, self.said), daemon=True).start()
        threading.Thread(target=self._keep, args=(self.process.stdout, self.printed), daemon=True).start()

    def _keep(self, pipe: Any, lines: list[str]) -> None:
        for line in pipe:
            lines.append(line)  # noqa: PERF402 - as it comes

    def heard(self, words: str, times: int = 1) -> bool:
        return bool(until(lambda: sum(words in line for line in list(self.said)) >= times))

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SECONDS)


@contextlib.contextmanager
def watching(broker: Mosquitto, *arguments: str | Path) -> Iterator[Watching]:
    running = Watching("--url", f"mqtt://127.0.0.1:{broker.port}", *arguments)
    try:
        running.heard("connected to")
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def lines(file: Path) -> list[str]:
    return file.read_text().splitlines() if file.exists() else []


def test_every_record_is_exported_once_as_it_was_published(broker: Mosquitto, sender: Sender, tmp_path: Path) -> None:
    """Whichever of the two topics it took, and however often it came."""
    jsonl, table_file = tmp_path / "records.jsonl", tmp_path / "records.csv"
    device = Device("pi-1")
    records = [device.next() for _ in range(30)]
    with watching(broker, "--jsonl", jsonl, "--csv", table_file) as watch:
        for number, record in enumerate(records):
            sender.send(device, record, late=number % 3 == 0)
            if number % 5 == 0:
                sender.send(device, record, late=True)
        until(lambda: len(lines(jsonl)) >= 30)
        assert watch.stop() == 0
    exported = [json.loads(line) for line in lines(jsonl)]
    assert [record | {"replayed": False} for record in exported] == records
    rows = list(csv.DictReader(table_file.open()))
    assert [(row["boot"], int(row["seq"]), row["end"]) for row in rows] == [
        (record["boot"], record["seq"], record["end"]) for record in records
    ]
    assert {row["suppressed"] for row in rows} <= {"", "below_min_group", "above_max_share"}
    for row, record in zip(rows, records, strict=True):
        for name, value in (record["emotions"] | {"emotions_error": record["emotions_error"]}).items():
            assert row[name] == ("" if value is None else str(value))


def test_devices_of_earlier_and_of_later_releases_are_read(broker: Mosquitto, sender: Sender, tmp_path: Path) -> None:
    """What is missing is not known; what is not known here is left out of what is kept."""
    jsonl, table_file = tmp_path / "records.jsonl", tmp_path / "records.csv"
    device = Device("pi-1")
    earlier, later = device.next(8.0, happy=3.0), device.next(8.0, happy=3.0)
    del earlier["emotions_error"]
    with watching(broker, "--jsonl", jsonl, "--csv", table_file) as watch:
        sender.send(device, earlier)
        sender.send(device, later | {"added_later": "…"})
        until(lambda: len(lines(jsonl)) == 2)
        assert watch.stop() == 0
    assert [json.loads(line) for line in lines(jsonl)] == [earlier | {"emotions_error": None}, later]
    assert [row["emotions_error"] for row in csv.DictReader(table_file.open())] == ["", str(later["emotions_error"])]


def test_a_csv_of_other_columns_is_not_appended_to(tmp_path: Path) -> None:
    """Such as one that an earlier release began: its rows would stand under the wrong names."""
    file = tmp_path / "records.csv"
    file.write_text("device,site,room\n")
    done = subprocess.run(
        command("watch", "--url", "mqtt://127.0.0.1:9", "--csv", str(file)),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 69
    assert f"{file}: has other columns than this release writes; name a new file" in done.stderr
    assert file.read_text() == "device,site,room\n"


def test_a_simulated_fleet_is_shown_as_lines(broker: Mosquitto, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        f'interval_seconds = 5\n[device]\nsite = "north"\n[mqtt]\nurl = "mqtt://127.0.0.1:{broker.port}"\n'
    )
    with watching(broker, "--site", "north") as watch:
        words = ["simulate", "--config", str(config), "--devices", "5", "--seconds", "11"]
        subprocess.run(command(*words), check=True, timeout=60, capture_output=True)
        for number in range(5):
            who = f"north/A0{number + 1:02} sim-{number:05}"
            until(functools.partial(lambda who: any(who in line for line in watch.printed), who))
        until(lambda: sum("offline" in line for line in watch.printed) >= 5)


def test_it_comes_back_when_the_broker_does_and_says_so(broker: Mosquitto, tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    device = Device("pi-1")
    with watching(broker, "--jsonl", file) as watch:
        broker.stop()
        watch.heard("trying again")
        broker.start()
        watch.heard("connected to", 2)
        later = Sender(broker.port)
        later.send(device, device.next(8.0))
        later.close()
        until(lambda: len(lines(file)) == 1)


def test_what_is_no_record_is_counted_and_ends_nothing(broker: Mosquitto, sender: Sender, tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    device = Device("pi-1")
    good = device.next(8.0)
    bad: list[Any] = [
        b"",
        b"\xff\x00",
        b"[" * 10_000,
        b"null",
        good | {"seq": "1"},
        good | {"end": "2026-99-99T09:05:10Z"},
        good | {"device": "someone-else"},
        good | {"site": "elsewhere"},
        good | {"faces": {"mean": float("nan"), "max": 1}},
        b" " * 10_000,
    ]
    with watching(broker, "--jsonl", file) as watch:
        for payload in bad:
            sender.say(f"{device.root}/counts", payload)
        sender.say(f"{device.root}/status", "maybe")
        sender.send(device, good)
        until(lambda: len(lines(file)) == 1)
        assert watch.stop() == 0
        watch.heard(f"{len(bad) + 1} unreadable")


def test_once_tells_of_every_device_and_ends(broker: Mosquitto, sender: Sender) -> None:
    device = Device("pi-1")
    sender.say(f"{device.root}/status", "online", retain=True)
    with watching(broker, "--once") as watch:
        sender.send(device, device.next(8.0, happy=3.0))
        assert watch.process.wait(SECONDS) == 0
        until(lambda: watch.printed)
        (line,) = watch.printed
    assert "north/B12 pi-1  people 8.0  max 8  happy 3.0  neutral 5.0  may be wrong 1.8" in line
    assert line.endswith("[online, stale]\n")  # the record is ten minutes old


def test_a_decommissioned_device_is_no_longer_shown(broker: Mosquitto, sender: Sender) -> None:
    """Its retained messages are taken back; those of the other device stay."""
    devices = [Device("pi-1"), Device("pi-2")]
    for device in devices:
        sender.say(f"{device.root}/status", "online", retain=True)
    with watching(broker, "--once", "--duration", "3600") as watch:
        sender.send(devices[0], devices[0].next(8.0))
        for leaf in ("info", "pause", "status"):
            sender.say(f"{devices[0].root}/{leaf}", "", retain=True)
        sender.send(devices[1], devices[1].next(8.0))
        assert watch.process.wait(SECONDS) == 0
        until(lambda: watch.printed)
    assert ["pi-2" in line for line in watch.printed] == [True]


def health(**changes: Any) -> str:
    """Return the payload of `health` of a device that is well but for the changes."""
    publisher = PublisherState(
        backlog=0, dropped=0, spool="disk", refused_at_door=0, refused_commands=0, connections=1, withheld_messages=()
    )
    built = build_health("pi-1", time.time(), heartbeat(), publisher, MachineState(40, True, 50.0, 0))
    return built.model_copy(update={"light": "good"} | changes).model_dump_json(by_alias=True)


def test_light_and_what_a_broker_does_not_accept_are_lines_when_they_change(broker: Mosquitto, sender: Sender) -> None:
    device = Device("pi-1")
    with watching(broker) as watch:
        for changes in (
            {},
            {"light": "too_dark"},
            {"light": "too_dark"},
            {"light": None},
            {"light": "dim"},
            {},
            {"picture": "out_of_focus"},
            {"picture": "out_of_focus", "light": "dim"},
            {"picture": "backlit"},
            {},
            {"withheld_messages": ["discovery"]},
            {},
        ):
            sender.say(f"{device.root}/health", health(**changes))
        sender.say(f"{device.root}/status", "online", retain=True)
        until(lambda: any("online" in line for line in watch.printed))
    assert [line.strip() for line in watch.printed] == [
        "north pi-1  too dark",
        "north pi-1  light not known",
        "north pi-1  dim light",
        "north pi-1  enough light",
        "north pi-1  out of focus",
        "north pi-1  against a window",
        "north pi-1  good picture",
        "north pi-1  not published, because the broker does not accept it: discovery",
        "north pi-1  the broker accepts all messages",
        "north pi-1  online",
    ]


def test_once_shows_light_and_what_a_broker_does_not_accept(broker: Mosquitto, sender: Sender) -> None:
    device = Device("pi-1")
    sender.say(f"{device.root}/status", "online", retain=True)
    with watching(broker, "--once") as watch:
        sender.say(f"{device.root}/health", health(light="dim", withheld_messages=["discovery"]))
        sender.send(device, device.next(8.0))
        assert watch.process.wait(SECONDS) == 0
        until(lambda: len(watch.printed) == 2)
        line, withheld = watch.printed
    assert line.endswith("[online, dim light, stale]\n")
    assert withheld == "Not published, because the broker does not accept it: discovery (pi-1)\n"


def test_a_broker_out_of_reach_is_named_with_a_remedy() -> None:
    done = subprocess.run(
        command("watch", "--url", "mqtt://127.0.0.1:9", "--duration", "2"),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 69
    assert "broker 127.0.0.1:9: connection refused; start the broker, or correct --url" in done.stderr


def test_a_password_comes_from_the_environment_and_never_by_the_command_line(tmp_path: Path) -> None:
    passwords = password_file(tmp_path, "board", "swordfish")
    broker = Mosquitto(tmp_path, f"allow_anonymous false\npassword_file {passwords}")
    broker.start()
    try:
        right = Watching("--url", f"mqtt://board@127.0.0.1:{broker.port}", EMOTION_EDGE_PASSWORD="swordfish")
        right.heard("connected to")
        assert right.stop() == 0
        wrong = Watching("--url", f"mqtt://board@127.0.0.1:{broker.port}", *LONG_ENOUGH, EMOTION_EDGE_PASSWORD="x")
        assert wrong.process.wait(SECONDS) == 69
        wrong.heard("EMOTION_EDGE_PASSWORD")
    finally:
        broker.stop()
    typed = subprocess.run(
        command("watch", "--url", "mqtts://board:swordfish@127.0.0.1"),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert typed.returncode == 78
    assert "--password-file" in typed.stderr
    assert "swordfish" not in typed.stderr


def test_a_private_authority_is_trusted_when_named_and_asked_for_when_not(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.issue("server")
    tls = f"cafile {tmp_path}/ca.crt\ncertfile {tmp_path}/server.crt\nkeyfile {tmp_path}/server.key"
    broker = Mosquitto(tmp_path, f"allow_anonymous true\n{tls}")
    broker.start()
    try:
        url = f"mqtts://127.0.0.1:{broker.port}"
        trusted = Watching("--url", url, "--ca", tmp_path / "ca.crt")
        trusted.heard("connected to")
        assert trusted.stop() == 0
        doubted = Watching("--url", url, *LONG_ENOUGH)
        assert doubted.process.wait(SECONDS) == 69
        doubted.heard("certificate not trusted")
        doubted.heard("set --ca to its CA")
    finally:
        broker.stop()


def test_the_settings_of_a_device_do_as_well(broker: Mosquitto, sender: Sender, tmp_path: Path) -> None:
    config = write_config(tmp_path, broker.port)
    device, other = Device("pi-1"), Device("pi-2")
    running = Watching("--config", config, "--device", "pi-1", "--jsonl", "-")
    try:
        running.heard("connected to")
        for each in (other, device):
            sender.send(each, each.next(8.0))
        until(lambda: running.printed)
        assert running.stop() == 0
        assert [json.loads(line)["device"] for line in running.printed] == ["pi-1"]
    finally:
        running.process.kill()
        running.process.wait()


def test_a_password_is_not_sent_in_the_clear_to_another_machine() -> None:
    done = subprocess.run(
        command("watch", "--url", "mqtt://board@broker.example"),
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"EMOTION_EDGE_PASSWORD": "swordfish"},
    )
    assert done.returncode == 78
    assert "use mqtts://" in done.stderr


@pytest.mark.parametrize("words", [["--site", "#"], ["--device", "a/b"], ["--csv", "-", "--jsonl", "-"]])
def test_what_cannot_be_meant_is_refused_at_once(words: list[str]) -> None:
    done = subprocess.run(
        command("watch", "--url", "mqtt://127.0.0.1:9", *words), check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2


def in_terminal(words: list[str], environment: dict[str, str]) -> tuple[subprocess.Popen[bytes], int]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(words, stdout=theirs, stdin=theirs, stderr=subprocess.PIPE, env=os.environ | environment)
    os.close(theirs)
    return process, ours


def test_a_terminal_shows_the_table(broker: Mosquitto, sender: Sender) -> None:
    device = Device("pi-1")
    sender.say(f"{device.root}/status", "online", retain=True)
    words = command("watch", "--url", f"mqtt://127.0.0.1:{broker.port}")
    process, terminal = in_terminal(words, {"TERM": "xterm", "COLUMNS": "120", "LINES": "30"})
    shown = bytearray()

    def read_on() -> None:
        with contextlib.suppress(OSError):
            while piece := os.read(terminal, 65_536):
                shown.extend(piece)

    threading.Thread(target=read_on, daemon=True).start()
    try:
        until(lambda: b"connected to" in shown)
        sender.send(device, device.next(8.0, happy=4.0))
        until(lambda: b"8.0" in shown and b"north/B12" in shown)
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 0
        until(lambda: b"\x1b[?1049l" in shown)  # the terminal is as it was before
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("service", [False, True], ids=["environment of its own", "as install.sh makes it"])
def test_without_rich_the_remedy_is_one_that_works_there(tmp_path: Path, *, service: bool) -> None:
    """Debian refuses pip outside of a virtual environment; a service's environment sees Debian's packages."""
    code = "import sys; sys.modules['rich'] = None; from edge.cli import main"
    remedy = "{}/bin/pip install rich"
    if service:
        (tmp_path / "pyvenv.cfg").write_text("include-system-site-packages = true\n")
        code += f"; sys.prefix = {str(tmp_path)!r}"
        remedy = "sudo apt install python3-rich"
    code += "; main()"
    words = [sys.executable, "-c", code, "watch", "--url", "mqtt://127.0.0.1:9"]
    process, terminal = in_terminal(words, {})
    _, said = process.communicate(timeout=SECONDS)
    os.close(terminal)
    assert process.returncode == 69
    assert f"rich: is not installed, but is needed for the table; {remedy.format(sys.prefix)}".encode() in said
    piped = subprocess.run([*words, "--duration", "1"], check=False, capture_output=True, text=True, timeout=SECONDS)
    assert "rich" not in piped.stderr
    assert "connection refused" in piped.stderr


def test_a_device_that_watches_with_its_own_certificate_is_given_the_missing_right(tmp_path: Path) -> None:
    """Mosquitto grants the subscription and then delivers nothing."""
    site = Site(tmp_path)
    folder = site.folder
    mqtt = {
        "url": f"mqtts://localhost:{site.broker.port}",
        "ca_file": str(folder / "ca.crt"),
        "cert_file": str(folder / "devices" / "pi-1.crt"),
        "key_file": str(folder / "devices" / "pi-1.key"),
    }
    watch = Watching("--config", write_config(tmp_path, 0, mqtt=mqtt))
    try:
        watch.heard("the certificate of a device lacks the right `read emotion-edge/v1/SITE/#`")
        assert "emotion-edge-credentials dashboard SITE NAME" in watch.said[-1]
    finally:
        watch.process.kill()
        watch.process.wait()
        site.broker.stop()
