"""What stands in the way of an installation on a new machine: each is one plain line with what to do."""

import contextlib
import subprocess
from collections.abc import Iterator

import pytest

from tests.conftest import ROOT
from tests.system.machine import ENVIRONMENT, HOSTILE, Machine, exchange, tree, wheels
from tests.system.repository import publish

pytestmark = pytest.mark.timeout(1800)

ENSURE = ("sh", "/mnt/source/deploy/ensure-debian.sh", "/usr/bin/python3")
INSTALL = ("sh", "/mnt/source/deploy/install.sh")
HOLD = """
import fcntl, os, sys
file = open(sys.argv[1], "w")
fcntl.lockf(file, fcntl.LOCK_EX)
print(os.getpid(), flush=True)
sys.stdin.read()
"""
UPDATE, DOWNLOAD, UNPACK = "/var/lib/apt/lists/lock", "/var/cache/apt/archives/lock", "/var/lib/dpkg/lock-frontend"


@pytest.fixture(scope="module", params=["bookworm", "trixie"])
def online(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A new machine on which apt has never run."""
    root = tree(request.param, "bare")
    folder = tmp_path_factory.mktemp("online") / request.param
    with Machine(root, folder, {"/mnt/source": ROOT}, shared_network=True) as machine:
        assert machine.says("sh", "-c", "ls /var/lib/apt/lists/*_Packages*") == ""
        yield machine


@pytest.fixture(scope="module", params=["trixie"])
def offline(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine without a network; what pip would download lies in a folder, for those who say so.

    One release: what fails here are our own scripts, before Debian is asked for anything.
    """
    root, packages = tree(request.param), wheels(request.param)
    folder = tmp_path_factory.mktemp("offline")
    binds = {"/mnt/source": ROOT, "/mnt/wheels": packages, "/mnt/copy": publish(folder / "copy")}
    with Machine(root, folder / request.param, binds) as machine:
        yield machine


@contextlib.contextmanager
def holding(machine: Machine, lock: str) -> Iterator[int]:
    """Hold one of apt's locks, as another apt-get does; yield the process id in the machine."""
    with subprocess.Popen(
        machine.command("python3", "-c", HOLD, lock), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        yield int(holder.stdout.readline())
        holder.stdin.close()


def test_lists_of_packages_that_were_never_fetched_are_fetched(online: Machine) -> None:
    """An optional package is known only then: python3-picamera2 on a new Raspberry Pi OS."""
    online.run(*ENSURE, "hello?", "no-such-package?")
    assert online.run("/usr/bin/hello").stdout == "Hello, world!\n"


@pytest.mark.parametrize(("lock", "package"), [(UPDATE, "tree"), (DOWNLOAD, "bc"), (UNPACK, "sl")])
def test_apt_that_is_in_use_is_waited_for(online: Machine, lock: str, package: str) -> None:
    with holding(online, lock) as pid:
        waiting = subprocess.Popen(
            online.command(*ENSURE, package), env=ENVIRONMENT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert waiting.stderr is not None
        said = waiting.stderr.readline()
        if said == f"Installing {package}\n":
            said = waiting.stderr.readline()
        assert said == f"apt is in use by process {pid} (python3); waiting until it has ended, 600 s at most\n"
        assert waiting.poll() is None
    _, errors = waiting.communicate(timeout=300)
    assert waiting.returncode == 0, errors
    online.run("dpkg", "--status", package)


def test_apt_that_stays_in_use_is_named(online: Machine) -> None:
    with holding(online, UPDATE) as pid:
        done = online.run("env", "APT_WAIT_SECONDS=1", *ENSURE, "ed", check=False)
    assert done.returncode == 69
    last = f"apt is still in use by process {pid} (python3) after 1 s; see what it does (ps -ef), then try again"
    assert done.stderr.splitlines()[-1] == last


def test_a_user_without_sudo_is_told_what_to_run(online: Machine) -> None:
    done = online.run("setpriv", "--reuid=65534", "--clear-groups", *ENSURE, "python3-venv", "ed", check=False)
    assert done.returncode == 69
    assert done.stderr == (
        "missing Debian packages; run this, then try again:  sudo apt update && sudo apt install python3-venv ed\n"
    )
    done = online.run("setpriv", "--reuid=65534", "--clear-groups", *INSTALL, check=False)
    assert (done.returncode, done.stderr) == (77, "install.sh: must be root; run: sudo /mnt/source/deploy/install.sh\n")


NO_NETWORK = "no network: this machine has no default route; connect it (Raspberry Pi OS: sudo nmtui), then try again\n"


def test_no_network_for_apt(offline: Machine) -> None:
    done = offline.run(*ENSURE, "hello", check=False)
    assert (done.returncode, done.stdout, done.stderr) == (69, "", NO_NETWORK)


def test_no_network_for_pip(offline: Machine) -> None:
    done = offline.run(*INSTALL, check=False)
    assert done.returncode == 69
    assert done.stderr.endswith(NO_NETWORK)
    assert offline.says("sh", "-c", "ls /opt/emotion-edge/releases/*/.complete") == ""


def test_a_package_that_pip_cannot_find_is_no_matter_of_the_network(offline: Machine) -> None:
    done = offline.run("env", "PIP_NO_INDEX=1", *INSTALL, check=False)
    assert done.returncode == 69
    assert "No matching distribution found for setuptools" in done.stderr
    assert "failed, see the lines above: " in done.stderr.splitlines()[-1]
    assert "no default route" not in done.stderr.splitlines()[-1]


def test_a_build_tool_with_other_content_is_refused(offline: Machine) -> None:
    folder = exchange(offline, "setuptools")
    done = offline.run("env", "PIP_NO_INDEX=1", f"PIP_FIND_LINKS={folder}", *INSTALL, check=False)
    assert done.returncode == 65
    assert done.stderr.splitlines()[-1].startswith("refused: setuptools==")
    assert offline.says("ls", HOSTILE) == ""
    assert offline.says("ls", "-A", "/opt/emotion-edge/releases") == ""


def test_a_folder_without_git_that_is_another_users_alone(offline: Machine) -> None:
    """As unpacked from an archive under umask 077 into a home of mode 0700, with what an earlier build left behind."""
    offline.add_user("pi")
    copy = "umask 077; cp -R /mnt/copy ~/edge; cd ~/edge; rm -r .git; chmod -R go= .; mkdir -p build/lib/edge .venv"
    offline.run("runuser", "-u", "pi", "--", "sh", "-c", f"{copy}; touch build/lib/edge/left_over.py")
    before = offline.says("find", "/home/pi/edge", "-printf", "%u %m %p\n")
    environment = ("env", "PIP_NO_INDEX=1", "PIP_FIND_LINKS=/mnt/wheels")
    done = offline.run("sh", "-c", f"umask 077; {' '.join(environment)} sh /home/pi/edge/deploy/install.sh")
    assert done.stdout.splitlines()[-1].startswith("Next: sudoedit /etc/emotion-edge/config.toml")
    assert offline.says("find", "/home/pi/edge", "-printf", "%u %m %p\n") == before
    assert offline.says("find", "/opt/emotion-edge/current/", "-name", "left_over.py") == ""
    assert offline.says("find", "/opt/emotion-edge/current/", "!", "-type", "l", "!", "-perm", "-004") == ""
    offline.run("runuser", "-u", "pi", "--", "emotion-edge", "default-config")


def test_a_wheel_that_is_not_there_is_named(offline: Machine) -> None:
    done = offline.run(*INSTALL, "/root/emotion_edge-9.whl", check=False)
    assert done.returncode == 66
    assert done.stderr.startswith("install.sh: /root/emotion_edge-9.whl: no such file; ")
