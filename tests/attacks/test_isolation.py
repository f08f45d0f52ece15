"""A compromised library in the observer of `emotion-edge run`: it gets no network back, and no memory of others."""

import json
import os
import pwd
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SECONDS, Mosquitto, Subscriber, until
from tests.support.daemon import command, processes, write_config
from tests.support.ordinary_user import NAME, as_ordinary_user, needs_user_namespaces

# Loaded by the observer in place of the first TFLite runtime that it tries.
LIBRARY = """
import ctypes, errno, json, os, resource, socket, subprocess, sys

PORT, OUT, PARENT = {port}, {out!r}, int(os.environ.get("ATTACKED", 0)) or os.getppid()
libc = ctypes.CDLL(None, use_errno=True)

def reaches_broker():
    with socket.socket() as one:
        one.settimeout(2)
        return one.connect_ex(("127.0.0.1", PORT)) == 0

def enter_parents_network():
    own = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(f"/proc/{{PARENT}}/ns/net", os.O_RDONLY)
    return libc.setns(there, 0) == 0 and reaches_broker()

def read_parents_memory():
    line = open(f"/proc/{{PARENT}}/maps").readline()
    with open(f"/proc/{{PARENT}}/mem", "rb", 0) as memory:
        memory.seek(int(line.split("-")[0], 16))
        return len(memory.read(16)) == 16

def trace_parent():
    return libc.ptrace(16, PARENT, 0, 0) == 0

def by_a_namespace():
    return libc.unshare(0x10000000) == 0 and enter_parents_network()

def attempt(work):
    try:
        return bool(work())
    except OSError:
        return False

ways = reaches_broker, enter_parents_network, read_parents_memory, trace_parent
found = {{way.__name__: attempt(way) for way in ways}}
if "AGAIN" not in os.environ:
    found["core_bytes"] = resource.getrlimit(resource.RLIMIT_CORE)[1]
    again = os.environ | {{"AGAIN": "1", "ATTACKED": str(PARENT)}}
    done = subprocess.run([sys.executable, "-c", open(__file__).read()], env=again, stdout=subprocess.PIPE)
    found["in_a_program_that_it_starts"] = json.loads(done.stdout)
    child = os.fork()
    if not child:
        os._exit(attempt(by_a_namespace))
    found["by_a_namespace"] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    with open(OUT + ".new", "w") as file:
        json.dump(found, file)
    os.rename(OUT + ".new", OUT)
    raise ImportError("done")
print(json.dumps(found))
"""


def plant(folder: Path, port: int) -> Path:
    """Write the library; return the file of its findings."""
    package = folder / "library" / "ai_edge_litert"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    out = folder / "found.json"
    (package / "interpreter.py").write_text(LIBRARY.format(port=port, out=str(out)))
    return out


def attack(words: list[str], environment: dict[str, str], folder: Path, out: Path) -> tuple[Any, str]:
    """Run the daemon until the library has tried everything; return what it found, and the log."""
    path = os.pathsep.join([str(folder / "library"), environment.get("PYTHONPATH", "")])
    with (folder / "log").open("w") as log:
        daemon = subprocess.Popen(words, env=environment | {"PYTHONPATH": path}, stderr=log, process_group=0)
    try:
        until(out.exists, 2 * SECONDS)
    finally:
        os.killpg(daemon.pid, signal.SIGTERM)
        daemon.wait(SECONDS)
    return json.loads(out.read_text()), (folder / "log").read_text()


NOTHING = {"reaches_broker": False, "enter_parents_network": False, "read_parents_memory": False, "trace_parent": False}
EVERYTHING_REFUSED = NOTHING | {"core_bytes": 0, "in_a_program_that_it_starts": NOTHING, "by_a_namespace": False}


@pytest.fixture
def foreign() -> Iterator[Path]:
    """A folder in which the ordinary user may write; those of pytest are its own user's alone."""
    with tempfile.TemporaryDirectory() as folder:
        if os.geteuid() == 0:
            os.chown(folder, pwd.getpwnam(NAME).pw_uid, -1)
        yield Path(folder)
        # runuser may end before the processes that it started, and they write into the folder until they end.
        until(lambda: not any(folder in " ".join(words) for _pid, _parent, words in processes()))


def test_as_an_ordinary_user(foreign: Path, broker: Mosquitto) -> None:
    needs_user_namespaces()
    out = plant(foreign, broker.port)
    words, environment = as_ordinary_user("-m", "edge", "run", "--config", str(write_config(foreign, broker.port)))
    found, log = attack(words, environment, foreign, out)
    assert found == EVERYTHING_REFUSED, log


def test_as_root(tmp_path: Path, broker: Mosquitto) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    out = plant(tmp_path, broker.port)
    words = command("run", "--config", write_config(tmp_path, broker.port))
    found, log = attack(words, dict(os.environ), tmp_path, out)
    assert found == EVERYTHING_REFUSED, log


def test_without_its_limits_the_library_succeeds(tmp_path: Path, broker: Mosquitto) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    plant(tmp_path, broker.port)
    program = (tmp_path / "library" / "ai_edge_litert" / "interpreter.py").read_text()
    attacked = subprocess.Popen(["sleep", "60"])
    environment = os.environ | {"AGAIN": "1", "ATTACKED": str(attacked.pid)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, check=True, stdout=subprocess.PIPE)
    attacked.kill()
    attacked.wait()
    assert json.loads(done.stdout) == dict.fromkeys(NOTHING, True)


def test_an_ordinary_user_is_told_that_the_observer_is_isolated(
    foreign: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    needs_user_namespaces()
    words, environment = as_ordinary_user("-m", "edge", "run", "--config", str(write_config(foreign, broker.port)))
    with (foreign / "log").open("w") as log:
        daemon = subprocess.Popen(words, env=environment, stderr=log, process_group=0)
    try:
        info = subscriber.next("/info", lambda info: info["network_isolated"] is not None)
        started = [(pid, words) for pid, _parent, words in processes() if str(foreign / "config.toml") in words]
        ours = [pid for pid, words in started if words[0] != "runuser"]
        assert len(ours) >= 3
        for pid in ours:
            assert "Max core file size        0                    0" in Path(f"/proc/{pid}/limits").read_text()
    finally:
        os.killpg(daemon.pid, signal.SIGTERM)
        daemon.wait(SECONDS)
    assert info["network_isolated"] is True, (foreign / "log").read_text()
