"""README.md, typed line by line into booted Debian 12 and 13 that have only what every image of Debian has.

Replaced are: the server, by a repository on this machine; the camera, by the built-in scene; the keyboard, by
answers and by an editor that writes what a person would. The broker is a Mosquitto beside the machine.
"""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, Mosquitto, Subscriber
from tests.system.machine import ENVIRONMENT, Machine, package_index, tree, trees
from tests.system.readme import block, blocks
from tests.system.repository import publish, release

pytestmark = pytest.mark.timeout(1800)

CLONE, DEVICE = "See it", "On a Raspberry Pi"
FIRST = block(CLONE, "sudo apt update")
(SERVER,) = [line.removeprefix("git clone ") for line in FIRST if line.startswith("git clone ")]
INSTALL, CHANGE, UPGRADE, BACK, REMOVE, WHEEL = blocks(DEVICE)
EDITOR = "/usr/local/bin/as-a-person-would"


class Reader:
    """Types commands as an ordinary user, in the clone once there is one."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.folder = "."

    def command(self, line: str) -> list[str]:
        """Return what runs a line of the README in the machine."""
        script = f"cd && cd {self.folder} && {line}"
        return self.machine.command("runuser", "-u", "pi", "--", "env", f"EDITOR={EDITOR}", "bash", "-c", script)

    def types(self, line: str, code: int = 0) -> str:
        """Type a line and answer yes to every question; return all it prints."""
        done = subprocess.run(
            self.command(line),
            env=ENVIRONMENT,
            input="y\n" * 9,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == code, (
            f"{line}: {done.returncode}\n{done.stdout}{self.machine.journal('emotion-edge*')}"
        )
        if words := re.fullmatch(r"cd (\S+)", line):
            self.folder = f"{self.folder}/{words[1]}"
        return done.stdout

    def edits(self, **values: str) -> None:
        """Say what the next `sudoedit` changes: keys of the configuration, each with its new value as TOML has it."""
        changes = " ".join(f"-e {shlex.quote(f's|^{key} = .*|{key} = {value}|')}" for key, value in values.items())
        self.machine.write(EDITOR, f'#!/bin/sh\nsed -i {changes} "$1"\n')
        self.machine.run("chmod", "755", EDITOR)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    trees()  # skips where no machine can be had
    return publish(tmp_path_factory.mktemp("published") / "emotion-edge.git")


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def reader(
    request: pytest.FixtureRequest, repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reader]:
    suite: str = request.param
    configuration, binds = package_index()
    folder = tmp_path_factory.mktemp("readme") / suite
    server = repository.parent / suite  # each machine has one, as the test publishes a release there
    subprocess.run(["cp", "-R", repository, server], check=True)
    with Machine(tree(suite, "bare"), folder, binds | {"/mnt/server": server}, shared_network=True) as machine:
        machine.add_user("pi")
        machine.write("/etc/pip.conf", configuration)
        machine.write(
            "/etc/gitconfig",
            f'[safe]\n\tdirectory = *\n[url "file:///mnt/server"]\n\tinsteadOf = {SERVER}\n',
        )
        yield Reader(machine)


@pytest.fixture(scope="module")
def mosquitto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path_factory.mktemp("broker"))
    broker.start()
    yield broker
    broker.stop()


def test_from_a_new_machine_to_the_first_record_in_the_demo(reader: Reader) -> None:
    assert FIRST[-2:] == ["make demo", "make test"]  # the latter: test_bare.py
    for line in FIRST[:-2]:
        reader.types(line)
    in_a_terminal = reader.command(f"script --quiet --return --flush --command {shlex.quote(FIRST[-2])} /dev/null")
    with subprocess.Popen(
        in_a_terminal, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as demo:
        assert demo.stdin is not None
        assert demo.stdout is not None
        rows = (line for line in demo.stdout if re.match(r"\d\d:\d\d:\d\d–", line))
        assert re.search(r"–\S+ +[45]\.\d ", [next(rows), next(rows)][1])
        demo.stdin.write("\x03")  # Ctrl-C
        demo.stdin.flush()
        last = demo.stdout.read()
    assert "Traceback" not in last
    assert reader.machine.says("sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c 'edge [r]un'") == "0", (
        last
    )


def test_from_the_clone_to_a_device_that_counts(reader: Reader, mosquitto: Mosquitto) -> None:
    install, edit, check, start, *doctors = INSTALL
    # On a Pi, picamera2 brings it, and is compiled for it.
    reader.types("sudo apt install --yes --no-install-recommends python3-numpy")
    said = reader.types(install)
    second = "ls -d /opt/emotion-edge/current/lib/python3*/site-packages/numpy"
    assert reader.machine.says("sh", "-c", second) == ""
    assert "Next: sudoedit /etc/emotion-edge/config.toml" in said
    reader.edits(
        site='"north"', room='"B12"', url=f'"mqtt://127.0.0.1:{mosquitto.port}"', source='"scene"', interval_seconds="5"
    )
    reader.types(edit)
    assert "in order" in reader.types(check)
    subscriber = Subscriber(mosquitto.port)
    assert "Next: sudo emotion-edge doctor" in reader.types(start)
    assert subscriber.next("/counts")["room"] == "B12"
    subscriber.close()
    assert doctors == ["sudo emotion-edge doctor", "sudo emotion-edge doctor --privacy"]
    for line in doctors:
        reader.types(line)


def test_a_changed_configuration_is_taken_up(reader: Reader, mosquitto: Mosquitto) -> None:
    reader.edits(room='"B13"')
    subscriber = Subscriber(mosquitto.port)
    for line in CHANGE:
        reader.types(line)
    assert subscriber.next("/counts", lambda record: record["room"] == "B13")
    subscriber.close()


def test_an_upgrade_and_the_way_back(reader: Reader, mosquitto: Mosquitto, repository: Path) -> None:
    suite = reader.machine.folder.name
    version = "edge/__init__.py"
    server = repository.parent / suite
    (server / version).write_text((server / version).read_text().replace('"0.', '"9.'))
    release(server, "A new release")
    subscriber = Subscriber(mosquitto.port)
    old = subscriber.next("/info")["version"]
    for line in UPGRADE:
        reader.types(line)
    new = subscriber.next("/info", lambda info: info["version"] != old)["version"]
    assert new == old.replace("0.", "9.", 1)
    assert subscriber.next("/counts")["room"] == "B13"
    for line in BACK:
        reader.types(line)
    assert subscriber.next("/info", lambda info: info["version"] == old)
    assert subscriber.next("/counts")["room"] == "B13"
    subscriber.close()


def test_it_is_removed(reader: Reader) -> None:
    for line in REMOVE:
        assert "no configuration, secret or count of it is left" in reader.types(line)
    left = "ls -d /opt/emotion-edge /etc/emotion-edge /var/lib/emotion-edge /usr/local/bin/emotion-edge"
    assert reader.machine.says("sh", "-c", left) == ""


def test_the_wheel_is_enough(reader: Reader, mosquitto: Mosquitto) -> None:
    """Made in the clone, installed in an empty folder."""
    reader.types("make wheel && mkdir ../away && mv dist/*.whl ../away")
    reader.folder = "away"
    for line in WHEEL:
        reader.types(line)
    reader.edits(
        site='"north"', room='"B12"', url=f'"mqtt://127.0.0.1:{mosquitto.port}"', source='"scene"', interval_seconds="5"
    )
    reader.types(INSTALL[1])
    subscriber = Subscriber(mosquitto.port)
    reader.types(WHEEL[-1])
    assert subscriber.next("/counts")["faces"]
    subscriber.close()
    share = "/opt/emotion-edge/current/share/emotion-edge"
    for folder in ("systemd", "deploy/contract", "deploy/broker", "deploy/broker/rabbitmq"):
        there = reader.machine.says("ls", f"{share}/{folder.removeprefix('deploy/')}").splitlines()
        assert set(there) == {path.name for path in (ROOT / folder).iterdir()}
