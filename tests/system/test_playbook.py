"""The playbook over ssh into a booted Debian 13 that is broker and device at once."""

import hashlib
import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT, until
from tests.support.wheel import build_wheel
from tests.system.installed import PUBLISHER
from tests.system.machine import Machine, tree, wheels
from tests.system.playbook import BIN, tool

pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine with nothing of ours, which lets root in by ssh."""
    root, packages = tree("trixie"), wheels("trixie", kind="hub")
    folder = tmp_path_factory.mktemp("playbook")
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    with Machine(root, folder / "school", {"/mnt/wheels": packages}) as machine:
        machine.run("mkdir", "-p", "-m", "700", "/root/.ssh")
        machine.write("/root/.ssh/authorized_keys", key.with_suffix(".pub").read_text())
        machine.run("systemctl", "restart", "ssh")
        machine.run("touch", "-d", "2 days ago", "/var/lib/apt/lists")  # nobody may update them: there is no network
        yield machine


@pytest.fixture(scope="module")
def inventory(blank: Machine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("inventory")
    wheel = build_wheel(folder)
    (folder / "SHA256SUMS").write_text(f"{hashlib.sha256(wheel.read_bytes()).hexdigest()}  {wheel.name}\n")
    file = folder / "school.yml"
    file.write_text(f"""\
all:
  vars:
    ansible_host: 127.0.0.1
    ansible_user: root
    ansible_python_interpreter: /usr/bin/python3
    ansible_ssh_private_key_file: {blank.folder.parent / "key"}
    ansible_ssh_common_args: -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null
    broker_names: [127.0.0.1]
    broker_update_cache: false
  children:
    broker: {{hosts: {{school: }}}}
    hub:
      hosts:
        school:
          hub_site: north
          hub_wheel: {wheel}
          hub_broker_url: mqtts://127.0.0.1:8884
          hub_pip_environment: {{PIP_NO_INDEX: "1", PIP_FIND_LINKS: /mnt/wheels}}
    devices:
      hosts:
        school:
          device_site: north
          device_id: pi-test
          device_room: "B12 \U0001f600"
          device_broker_url: mqtts://127.0.0.1:8883
          device_wheel: {wheel}
          device_time_sync: false # nothing that sets it is there, and no network to install it
          device_pip_environment: {{PIP_NO_INDEX: "1", PIP_FIND_LINKS: /mnt/wheels}}
          device_settings:
            interval_seconds: 5
            camera: {{source: scene, loop: true}}
            privacy: {{min_group: 1, max_share: 1.0}}
""")
    return file


def play(machine: Machine, inventory: Path, *options: str, accepted: bool = True) -> "subprocess.CompletedProcess[str]":
    words = [tool("ansible-playbook"), "-i", str(inventory), "-e", f"emotion_edge_notice_accepted={accepted}", *options]
    return subprocess.run(
        machine.beside(*words, str(ROOT / "ansible/site.yml")), capture_output=True, text=True, timeout=600, check=False
    )


def counts(done: "subprocess.CompletedProcess[str]") -> dict[str, int]:
    """Return what the recap says."""
    assert done.returncode == 0, done.stdout + done.stderr
    (recap,) = re.findall(r"^school\s+: (.*)$", done.stdout, re.MULTILINE)
    return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", recap)}


def test_nothing_is_done_before_the_notice_is_accepted(blank: Machine, inventory: Path) -> None:
    done = play(blank, inventory, accepted=False)
    assert done.returncode == 2
    assert "Article 5(1)(f)" in done.stdout
    assert "changed=0" in done.stdout


def test_a_trial_run_on_a_blank_machine_changes_nothing(blank: Machine, inventory: Path) -> None:
    assert counts(play(blank, inventory, "--check"))["failed"] == 0
    assert blank.says("sh", "-c", "ls -d /opt/emotion-edge /etc/credstore/emotion-edge*") == ""


def test_one_run_leads_from_blank_to_records(blank: Machine, inventory: Path) -> None:
    assert counts(play(blank, inventory))["changed"] > 0
    credentials = "EMOTION_EDGE_CA=/etc/mosquitto/emotion-edge emotion-edge-credentials dashboard north board"
    password = blank.run("sh", "-c", f"{credentials} && systemctl restart mosquitto").stdout.split()[-1]
    ca = str(blank.root / "etc/mosquitto/emotion-edge/ca.crt")
    secure = ("-h", "127.0.0.1", "-p", "8884", "--cafile", ca, "-u", "board", "-P", password)
    with blank.subscriber("+/+/north/pi-test/#", *secure) as following:
        assert following("/counts")["room"] == "B12 \U0001f600"
    rooms = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8350/api/v1/rooms').read().decode())"
    until(lambda: '"B12 ' in blank.says("python3", "-c", rooms), 120)
    report = json.loads(blank.says("emotion-edge", "doctor", "--json"))
    assert {one["code"]: one["state"] for one in report["findings"]}["hub"] == "ok", report


def test_the_next_run_and_a_trial_run_change_nothing(blank: Machine, inventory: Path) -> None:
    second = play(blank, inventory)
    assert counts(second)["changed"] == 0, second.stdout
    assert counts(play(blank, inventory, "--check"))["changed"] == 0


def test_a_configuration_that_the_device_would_refuse_does_not_replace_its_own(blank: Machine, inventory: Path) -> None:
    """A key that is only missing: found before the file is written, not when it is applied."""
    file, text = "/etc/emotion-edge/config.toml", inventory.read_text()
    before = blank.says("cat", file)
    inventory.write_text(text.replace("camera: {source: scene, loop: true}", ""))
    done = play(blank, inventory)
    inventory.write_text(text)
    assert done.returncode == 2, done.stdout
    assert "camera.source: is missing" in done.stdout
    assert blank.says("cat", file) == before


def test_another_site_another_name_of_the_broker_and_lost_passwords_lead_to_records_again(
    blank: Machine, inventory: Path
) -> None:
    text = inventory.read_text()
    changed = text.replace("_site: north", "_site: south").replace("[127.0.0.1]", "[127.0.0.1, broker.example]")
    inventory.write_text(changed)
    blank.run("rm", "/etc/mosquitto/emotion-edge/passwords")
    # As an earlier play that ended before its handlers: the certificate lies there, the publisher has the former one.
    signs = "EMOTION_EDGE_CA=/etc/mosquitto/emotion-edge RENEW_DAYS=400 emotion-edge-credentials"
    copies = "install -m 600 /etc/mosquitto/emotion-edge/devices/pi-test.crt /etc/credstore/emotion-edge.cert"
    blank.run("sh", "-euc", f"{signs} renew; {copies}")
    counts(play(blank, inventory))
    blank.run("cmp", "/etc/credstore/emotion-edge.cert", f"/run/credentials/{PUBLISHER}/emotion-edge.cert")
    certificate = ("openssl", "x509", "-in", "/etc/mosquitto/emotion-edge/server.crt", "-noout", "-ext")
    assert "broker.example" in blank.says(*certificate, "subjectAltName")
    rooms = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8350/api/v1/rooms').read().decode())"
    until(lambda: '"south"' in blank.says("python3", "-c", rooms), 120)
    password = "emotion-edge.hub-password"
    copies = f"sed 's/.* //' >/etc/credstore/{password}; systemctl reload mosquitto"
    blank.run("sh", "-euc", f"{signs} dashboard south emotion-edge-hub | {copies}")
    assert counts(play(blank, inventory))["changed"] == 1, "the hub uses it, and nothing else is to be done"
    blank.run("cmp", f"/etc/credstore/{password}", f"/run/credentials/emotion-edge-hub.service/{password}")
    inventory.write_text(text)


def test_no_device_is_upgraded_without_canary_or_notice(tmp_path: Path) -> None:
    """Nobody listens on port 1: no machine is needed."""
    file = tmp_path / "district.yml"
    file.write_text("""\
all:
  vars:
    emotion_edge_notice_accepted: true
    ansible_host: 127.0.0.1
    ansible_port: 1
    device_site: n
    device_room: r
    device_wheel: x
  children:
    broker: {hosts: {a: }}
    canary: {hosts: {b: }}
    devices: {hosts: {a: {device_id: a}, b: {device_id: b}}, vars: {device_broker_url: x}}
""")
    words = [tool("ansible-playbook"), "-i", str(file), str(ROOT / "ansible/upgrade.yml")]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 2
    assert "No canary could be reached (b), so no other device was touched" in done.stdout
    assert "Install the release" not in done.stdout

    words += ["-e", "emotion_edge_notice_accepted=false"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 2
    assert "Article 5(1)(f)" in done.stdout
    assert "canary" not in done.stdout


def test_the_roles_pass_the_strictest_lint() -> None:
    done = subprocess.run(
        [tool("ansible-lint"), "--offline", "--profile", "production"],
        cwd=ROOT / "ansible",
        env=os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_molecule_reads_all_scenarios(tmp_path: Path) -> None:
    """They run by `make molecule`, which takes long; here a configuration that it refuses is found, or one left out."""
    folder = ROOT / "ansible/extensions/molecule"
    done = subprocess.run(
        [tool("molecule"), "list", "--format", "yaml"],
        cwd=ROOT / "ansible",
        env=os.environ
        | {"PATH": f"{BIN}:{os.environ['PATH']}", "MOLECULE_EPHEMERAL_DIRECTORY": str(tmp_path), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=800,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    listed = set(re.findall(r"Scenario Name: (\S+)", done.stdout))
    assert listed == {str(file.parent.relative_to(folder)) for file in folder.rglob("molecule.yml")}
