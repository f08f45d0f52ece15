"""Two processes started, restarted and ended together; they speak the true protocol of `--ready-fd`."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.system import child
from edge.system.supervisor import run
from tests.conftest import SECONDS, until

CHILD = """
import os, pathlib, signal, socket, sys, time
verb, folder = sys.argv[1], pathlib.Path(sys.argv[sys.argv.index("--config") + 1])
ready = int(sys.argv[sys.argv.index("--ready-fd") + 1])
with (folder / "starts").open("a") as starts:
    starts.write(f"{verb} {os.getpid()}\\n")
rule = folder / verb
words = rule.read_text().split() if rule.exists() else []
if "fail" in words:
    sys.exit(int(words[1]))

def end(*_):
    if "hand over" in " ".join(words):
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(75))
        notify("STOPPING=1")
        while True:
            time.sleep(0.1)
    with (folder / "ends").open("a") as ends:
        ends.write(f"{verb}\\n")
    sys.exit(0)

def reload(*_):
    with (folder / "reloads").open("a") as reloads:
        reloads.write(f"{verb}\\n")

def notify(line):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.sendto(line.encode(), os.environ["NOTIFY_SOCKET"])

signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGHUP, reload)
while "load" in words:
    time.sleep(0.1)
os.write(ready, b"1")
os.close(ready)
while True:
    time.sleep(0.1)
    if "hang" not in words:
        notify("WATCHDOG=1")
    words = rule.read_text().split() if rule.exists() else []
    if "fall" in words:
        sys.exit(int(words[1]))
"""


class Bench:
    """A supervisor in a thread, and two children that do what files in their folder say."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stop = threading.Event()
        self.reload = threading.Event()
        self.code: int | None = None
        self.losses: list[str] = []
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        arguments = ["--config", str(self.folder)]
        self.code = run(arguments, self.stop, "", self.reload, lambda: self.losses.append("records"))

    def say(self, verb: str, words: str) -> None:
        (self.folder / "new").write_text(words)
        (self.folder / "new").replace(self.folder / verb)

    def lines(self, file: str) -> list[str]:
        path = self.folder / file
        return path.read_text().splitlines() if path.exists() else []

    def starts(self) -> list[str]:
        return [line.split()[0] for line in self.lines("starts")]

    def end(self) -> int | None:
        self.stop.set()
        self.thread.join(SECONDS)
        return self.code


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    program = tmp_path / "child.py"
    program.write_text(CHILD)
    monkeypatch.setattr(child, "own_command", lambda *words: [sys.executable, str(program), *words])
    made = Bench(tmp_path)
    yield made
    made.end()


def test_the_observer_is_ready_before_the_publisher_starts_and_ends_before_it(bench: Bench) -> None:
    bench.thread.start()
    until(lambda: len(bench.starts()) == 2)
    assert bench.starts() == ["observe", "publish"]
    until(lambda: bench.end() is not None)
    assert bench.code == 0
    assert bench.lines("ends") == ["observe", "publish"]


def test_what_falls_is_started_again_and_the_other_goes_on(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.thread.start()
    until(lambda: len(bench.starts()) == 2)
    os.kill(int(bench.lines("starts")[0].split()[1]), signal.SIGKILL)
    until(lambda: len(bench.starts()) == 3)
    assert bench.starts() == ["observe", "publish", "observe"]
    assert "observe: was killed by signal 9; starting it again in" in caplog.text


def test_a_start_that_fails_ends_all_with_its_code(bench: Bench) -> None:
    bench.say("publish", "fail 69")
    bench.thread.start()
    bench.thread.join(SECONDS)
    assert bench.code == 69
    assert bench.lines("ends") == ["observe"]


def test_a_configuration_that_became_wrong_ends_all(bench: Bench) -> None:
    bench.thread.start()
    until(lambda: len(bench.starts()) == 2)
    bench.say("publish", "fall 78")
    bench.thread.join(SECONDS)
    assert bench.code == 78
    assert bench.lines("ends") == ["observe"]


def test_a_reload_reaches_both(bench: Bench) -> None:
    bench.thread.start()
    until(lambda: len(bench.starts()) == 2)
    bench.reload.set()
    until(lambda: sorted(bench.lines("reloads")) == ["observe", "publish"])


def test_what_hangs_is_killed_and_started_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(child, "WATCHDOG_SECONDS", 2.0)
    bench.say("observe", "hang")
    bench.thread.start()
    until(lambda: "observe: hangs, no sign of life for" in caplog.text)
    bench.say("observe", "")
    until(lambda: bench.starts().count("observe") == 2)


def test_a_stop_during_a_start_that_takes_long_is_no_failure(bench: Bench) -> None:
    """As on a disk that takes seconds for each write."""
    bench.say("publish", "load")
    bench.thread.start()
    until(lambda: len(bench.starts()) == 2)
    until(lambda: bench.end() is not None)
    assert (bench.code, bench.losses) == (0, [])


def test_records_that_nobody_can_take_are_given_up_at_once_and_reported(bench: Bench) -> None:
    bench.say("observe", "hand over")
    bench.thread.start()
    until(lambda: len(bench.starts()) == 2)
    bench.say("publish", "fall 78")
    bench.thread.join(SECONDS)
    assert (bench.code, bench.losses) == (78, ["records"])


def test_a_publisher_is_there_until_the_observer_has_handed_over(bench: Bench) -> None:
    bench.say("observe", "hand over")
    bench.thread.start()
    until(lambda: len(bench.starts()) == 2)
    bench.stop.set()
    bench.say("publish", "fall 1")
    until(lambda: bench.starts().count("publish") >= 2)
    bench.say("publish", "")
    os.kill(int(bench.lines("starts")[0].split()[1]), signal.SIGTERM)
    bench.thread.join(SECONDS)
    assert (bench.code, bench.losses) == (75, ["records"])
