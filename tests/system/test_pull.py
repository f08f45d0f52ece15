"""Pull mode: a booted Debian 13 that brings itself to what a repository says, and to nothing else."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT, SECONDS, until
from tests.support.wheel import build_wheel
from tests.system.fleet import WHEEL, whole
from tests.system.machine import Machine, tree, wheels
from tests.system.playbook import tool

pytestmark = [whole, pytest.mark.timeout(1800)]  # the first run builds a tree

PULL = "emotion-edge-pull.service"
SSH = {
    "ansible_host": "127.0.0.1",
    "ansible_user": "root",
    "ansible_python_interpreter": "/usr/bin/python3",
    "ansible_ssh_common_args": "'-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null'",
}
INVENTORY = """\
all:
  vars: {emotion_edge_notice_accepted: true, broker_names: [127.0.0.1], broker_update_cache: false}
  children:
    broker: {hosts: {school: }}
    devices:
      hosts:
        school:
          device_site: north
          device_id: pi-test
          device_room: B12
          device_broker_url: mqtts://127.0.0.1:8883
          device_wheel: "{{ inventory_dir }}/WHEEL"
          device_time_sync: false # nothing that sets it is there, and no network to install it
          device_pip_environment: {PIP_NO_INDEX: "1", PIP_FIND_LINKS: /mnt/wheels}
          device_allowed_signers: "{{ inventory_dir }}/signers"
          device_pull_repository: file:///srv/fleet
          device_settings: {interval_seconds: 5, camera: {source: scene, loop: true}}
"""


@dataclass(frozen=True)
class Pulling:
    """A device, and the repository that it reads."""

    machine: Machine
    repository: Path

    def git(self, *words: str) -> str:
        """Run git in the repository."""
        who = ("-c", "user.name=Admin", "-c", "user.email=admin@school.example", "-c", "gpg.format=ssh")
        done = subprocess.run(["git", *who, *words], cwd=self.repository, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, old: str, new: str, key: str = "release") -> None:
        """Change the inventory and commit it, signed with a key; with none, unsigned."""
        file = self.repository / "inventory.yml"
        text = file.read_text()
        assert old in text
        file.write_text(text.replace(old, new))
        self.git("add", "--all")
        signed = (
            ["-c", f"user.signingkey={self.repository.parent / key}", "commit", "--gpg-sign"] if key else ["commit"]
        )
        self.git(*signed, "--quiet", "--message", f"{new} instead of {old}")

    def command(self, book: Path) -> list[str]:
        """Return the command line of a push: it plays a book over ssh."""
        options = [f"--extra-vars={name}={value}" for name, value in SSH.items()]
        options.append(f"--private-key={self.repository.parent / 'key'}")
        words = [tool("ansible-playbook"), "-i", str(self.repository / "inventory.yml"), *options, str(book)]
        return self.machine.beside(*words)

    def pull(self) -> str:
        """Pull once, now; return what the journal says of it."""
        before = self.machine.journal(PULL)
        self.machine.run("systemctl", "start", PULL, check=False)
        return self.machine.journal(PULL).removeprefix(before)

    @property
    def room(self) -> str:
        """The room in the configuration of the device."""
        (found,) = re.findall(
            r'^room = "(.*)"', self.machine.says("cat", "/etc/emotion-edge/config.toml"), re.MULTILINE
        )
        return str(found)


def changed(journal: str) -> int:
    """Return how many tasks changed something; the play has to end well."""
    found = re.findall(r"^school\s+: .*changed=(\d+).*unreachable=0\s+failed=0", journal, re.MULTILINE)
    assert len(found) == 1, journal
    return int(found[0])


@pytest.fixture(scope="module")
def pulling(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pulling]:
    """A device that was set up over ssh once, with pull mode."""
    folder = tmp_path_factory.mktemp("pull")
    repository = folder / "fleet"
    shutil.copytree(ROOT / "ansible", repository / "ansible", ignore=shutil.ignore_patterns(".ansible"))
    for name in ("key", "release", "stranger"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    build_wheel(repository)
    sign = [
        "ssh-keygen",
        "-q",
        "-Y",
        "sign",
        "-n",
        "emotion-edge",
        "-f",
        str(folder / "release"),
        str(repository / WHEEL),
    ]
    subprocess.run(sign, check=True, capture_output=True)
    (repository / "signers").write_text(f"emotion-edge {(folder / 'release.pub').read_text()}")
    (repository / "inventory.yml").write_text(INVENTORY.replace("WHEEL", WHEEL).replace("B12", "A1"))
    binds = {"/mnt/wheels": wheels("trixie"), "/srv/fleet": repository}
    with Machine(tree("trixie", "pull"), folder / "school", binds) as machine:
        one = Pulling(machine, repository)
        one.git("init", "--quiet", "--initial-branch=main")
        one.commit("A1", "B12")
        machine.run("mkdir", "-p", "-m", "700", "/root/.ssh")
        machine.write("/root/.ssh/authorized_keys", (folder / "key.pub").read_text())
        machine.run("systemctl", "restart", "ssh")
        words = one.command(ROOT / "ansible/site.yml")
        done = subprocess.run(
            words,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        yield one


def test_the_device_follows_the_repository_and_a_second_pull_changes_nothing(pulling: Pulling) -> None:
    timer = pulling.machine.shows("emotion-edge-pull.timer", "RandomizedDelayUSec")
    assert (timer, pulling.machine.says("systemctl", "is-active", "emotion-edge-pull.timer")) == ("2h", "active")
    assert changed(pulling.pull()) == 0, "a push and a pull bring the same"
    pulling.commit("B12", "B13")
    told = pulling.pull()
    assert changed(told) > 0
    assert "signed by emotion-edge: B13 instead of B12" in told
    assert pulling.room == "B13"
    assert changed(pulling.pull()) == 0


def test_what_nobody_may_have_written_is_not_used(pulling: Pulling) -> None:
    """Unsigned, signed by another key, signed once and superseded since: the file of it is not even written."""
    present, room = pulling.git("rev-parse", "HEAD"), pulling.room
    for key, problem in (("", "it is not signed"), ("stranger", "No principal matched")):
        pulling.commit(room, "evil", key)
        told = pulling.pull()
        assert "has no signature of a key that is in force" in told, told
        assert problem in told
        pulling.git("reset", "--quiet", "--hard", present)
    pulling.git("reset", "--quiet", "--hard", pulling.git("rev-list", "--max-parents=0", "HEAD"))
    assert "does not follow the one that is used here" in pulling.pull()
    pulling.git("reset", "--quiet", "--hard", present)
    assert pulling.machine.shows(PULL, "Result") == "exit-code"
    assert "evil" not in pulling.machine.says("sh", "-c", "cat /var/lib/emotion-edge-pull/repository/inventory.yml")
    assert pulling.room == room
    assert changed(pulling.pull()) == 0


def test_a_push_waits_for_a_pull_keeps_others_away_and_pull_mode_removes_itself(pulling: Pulling) -> None:
    machine = pulling.machine
    book = pulling.repository.parent / "push.yml"
    book.write_text(f"""\
- hosts: devices
  gather_facts: false
  vars: {{device_pull_repository: ""}} # also one that is about to remove pull mode
  tasks:
    - include_role: {{name: "{ROOT}/ansible/roles/device", tasks_from: hold_pulls}}
    - command: cat /run/pull-has-ended
""")
    lock = ("flock", "/run/emotion-edge-pull.lock", "sh", "-c", "echo begun; read end; touch /run/pull-has-ended")
    with subprocess.Popen(machine.command(*lock), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "begun\n"
        with subprocess.Popen(pulling.command(book), stdout=subprocess.PIPE, text=True) as push:
            until(lambda: push.poll() is not None or machine.says("ls", "/run/emotion-edge-push"))
            other.communicate("\n")
            said, _ = push.communicate(timeout=SECONDS)
    assert push.returncode == 0, said
    told = pulling.pull()
    assert "a push is under way, so nothing is pulled" in told
    assert "PLAY" not in told
    machine.run("rm", "/run/emotion-edge-push")
    pulling.commit("file:///srv/fleet", '""')
    assert changed(pulling.pull()) > 0
    left = machine.says(
        "sh", "-c", "ls -d /etc/systemd/system/*pull* /usr/local/sbin/*pull* /etc/*pull* /var/lib/*edge-pull*"
    )
    assert left == ""
    assert machine.says("systemctl", "is-active", "emotion-edge-observer", "emotion-edge-publisher") == "active\nactive"
