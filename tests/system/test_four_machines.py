"""`ansible/site.yml` leads a server and three devices, of Debian 12 and 13, from blank to counting."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import until
from tests.system.fleet import WHEEL, Fleet, booted, release, whole

SUITES = {"server": "trixie", "attic": "bookworm", "gym": "trixie", "lab": "bookworm"}
DEVICES = tuple(SUITES)[1:]
pytestmark = [whole, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Machines with nothing of ours."""
    folder = tmp_path_factory.mktemp("four")
    wheel = release(folder)
    with booted(folder, SUITES, "hub") as one:
        one.sign(wheel)
        yield one


@pytest.fixture(scope="module")
def inventory(four: Fleet) -> Path:
    """A server that is broker and hub, and a device in each room."""
    pip = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "/mnt/wheels"}
    wheel, server = str(four.folder / WHEEL), four.addresses["server"]
    common = {
        "ansible_user": "root",
        "ansible_python_interpreter": "/usr/bin/python3",
        "ansible_ssh_private_key_file": str(four.folder / "key"),
        "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
        "emotion_edge_notice_accepted": True,
        "broker_names": [server],
        "broker_update_cache": False,
        "hub_site": "north",
        "hub_wheel": wheel,
        "hub_broker_url": f"mqtts://{server}:8884",
        "hub_pip_environment": pip,
        "device_site": "north",
        "device_wheel": wheel,
        "device_broker_url": f"mqtts://{server}:8883",
        "device_pip_environment": pip,
        "device_allowed_signers": str(four.folder / "signers"),
        "device_time_sync": False,  # these have none, and no network to install one
        "device_settings": {
            "interval_seconds": 5,
            "camera": {"source": "scene", "loop": True},
            "privacy": {"min_group": 1, "max_share": 1.0},
        },
    }
    groups = {
        "broker": {"hosts": {"server": {}}},
        "hub": {"hosts": {"server": {}}},
        "devices": {"hosts": {name: {"device_id": f"pi-{name}", "device_room": name} for name in DEVICES}},
    }
    hosts = {name: {"ansible_host": address} for name, address in four.addresses.items()}
    file = four.folder / "school.yml"
    file.write_text(json.dumps({"all": {"vars": common, "hosts": hosts, "children": groups}}))
    return file


def changes(done: "subprocess.CompletedProcess[str]") -> dict[str, int]:
    """Return how much a play changed on each machine; it reached all of them, and failed on none."""
    assert done.returncode == 0, done.stdout + done.stderr
    recap = re.findall(r"^(\w+)\s+:.* changed=(\d+) +unreachable=0 +failed=0 ", done.stdout, re.MULTILINE)
    found = {name: int(changed) for name, changed in recap}
    assert found.keys() == SUITES.keys()
    return found


def test_a_trial_run_on_blank_machines_changes_nothing(four: Fleet, inventory: Path) -> None:
    changes(four.play("site.yml", inventory, "--check"))
    for machine in four.machines.values():
        assert machine.says("sh", "-c", "ls -d /opt/emotion-edge /etc/emotion-edge /etc/credstore/emotion-edge*") == ""


def test_one_run_leads_from_blank_to_counting_and_the_next_changes_nothing(four: Fleet, inventory: Path) -> None:
    assert all(changes(four.play("site.yml", inventory)).values())
    for name in DEVICES:
        four.machines[name].run("systemctl", "is-active", "emotion-edge-observer", "emotion-edge-publisher")
    rooms = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8350/api/v1/rooms').read().decode())"
    until(lambda: all(f'"{name}"' in four.machines["server"].says("python3", "-c", rooms) for name in DEVICES), 300)

    assert set(changes(four.play("site.yml", inventory)).values()) == {0}
    assert set(changes(four.play("site.yml", inventory, "--check")).values()) == {0}


def test_what_one_has_lost_is_put_back_and_the_others_are_left_alone(four: Fleet, inventory: Path) -> None:
    """An operator deletes a configuration and stops a service: the next run changes that device alone."""
    lost = four.machines["gym"]
    lost.run("rm", "/etc/emotion-edge/config.toml")
    lost.run("systemctl", "stop", "emotion-edge-observer")
    changed = changes(four.play("site.yml", inventory))
    assert {name for name, count in changed.items() if count} == {"gym"}
    lost.run("systemctl", "is-active", "emotion-edge-observer", "emotion-edge-publisher")
