"""A card as `emotion-edge card` writes it, in a Debian 13 that cloud-init sets up: from first boot to first record.

The machine has a loopback interface and no other network; broker and enrolment server stand beside it. The camera is
the built-in scene, the libraries lie on the card.
"""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.conftest import ROOT, until
from tests.support.broker_recipe import configuration, credentials
from tests.support.cards import image
from tests.support.wheel import build_wheel
from tests.system.fleet import whole
from tests.system.machine import Machine, tree, wheels
from tests.system.playbook import tool

pytestmark = [pytest.mark.timeout(3600), whole]

HOST, DEVICE = "pi-b12.north.test", "pi-b12"
SHEET = f"""\
host,id,site,room,interval_seconds,camera.source,camera.loop,privacy.min_group,privacy.max_share
{HOST},{DEVICE},north,"Hörsaal 7",5,scene,true,1,1.0
"""
COMMON = """\
all:
  vars:
    emotion_edge_notice_accepted: true
    device_wheel: {wheel}
    device_wheels: {libraries}
    device_broker_folder: {ca}
    device_time_sync: false # nothing that sets it is there, and no network to install it
  children:
    broker:
      hosts:
        controller:
          ansible_connection: local
          ansible_become: false
          ansible_python_interpreter: "{{{{ ansible_playbook_python }}}}"
"""
PI = """\
datasource_list: [NoCloud, None]
datasource: {NoCloud: {seedfrom: "file:///boot/firmware"}}
ssh_deletekeys: false
ssh_genkeytypes: []
"""
"""Where cloud-init looks, as Raspberry Pi OS sets it."""
SECONDS = 900.0


class Pi(Machine):
    """A machine whose card was written before it was booted for the first time."""

    def __init__(self, root: Path, folder: Path, card: Path) -> None:
        super().__init__(root, folder, {})
        self._card = card

    def boot(self, *more: str) -> None:
        firmware = self.root / "boot/firmware"
        if not firmware.exists():
            firmware.mkdir()
            subprocess.run(["mcopy", "-s", "-n", "-i", f"{self._card}@@{8192 * 512}", "::/", firmware], check=True)
            (self.root / "etc/cloud/cloud.cfg.d/99_raspberry-pi.cfg").write_text(PI)
            self.insert("10000000aaaaaaaa")
        super().boot(*more)

    def insert(self, serial: str) -> None:
        """Put the card into the Pi with this serial number."""
        folder = self.root / "etc/systemd/system/emotion-edge-clone.service.d"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pi.conf").write_text("[Service]\nEnvironment=EMOTION_EDGE_SERIAL=/etc/serial-number\n")
        (self.root / "etc/serial-number").write_text(f"{serial}\0")


class School:
    """Broker and enrolment server, as an operator starts them beside the device."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = folder / "id"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "technician", "-f", self.key], check=True)
        self.ca = folder / "ca"
        self.inventory = folder / "enrolled.yml"
        self.common = folder / "common.yml"
        credentials(self.ca, "server", "127.0.0.1")
        self.password = credentials(self.ca, "dashboard", "north", "board").split()[-1]
        self.config = folder / "mosquitto.conf"
        more = f"persistence_location {folder}/\npid_file {folder}/mosquitto.pid\n"
        self.config.write_text(f"user root\n{configuration(folder, self.ca)}\n{more}")

    @property
    def public_key(self) -> str:
        return self.key.with_suffix(".pub").read_text().strip()

    def play(self, pi: Machine) -> str:
        """Run the playbook on the device that has enrolled; return what it says at the end."""
        inventories = ("-i", str(self.common), "-i", str(self.inventory))
        words = [tool("ansible-playbook"), *inventories, "--private-key", str(self.key), "--limit", "devices"]
        book = pi.beside(*words, str(ROOT / "ansible/site.yml"))
        done = subprocess.run(book, capture_output=True, text=True, timeout=SECONDS, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        (recap,) = re.findall(rf"^{re.escape(HOST)}\s+: (.*)$", done.stdout, re.MULTILINE)
        return str(recap)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "edge", *words, "--codes", str(self.folder / "codes")]

    @contextlib.contextmanager
    def beside(self, pi: Machine) -> Iterator[None]:
        """Run both in the network of the device."""
        broker = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
        reload = self.folder / "bin"
        reload.mkdir(exist_ok=True)
        # What `systemctl reload mosquitto.service` does on a real controller.
        (reload / "systemctl").write_text(f"#!/bin/sh\nkill -HUP $(cat {self.folder}/mosquitto.pid)\n")
        (reload / "systemctl").chmod(0o755)
        options = ("--broker", "mqtts://127.0.0.1:8883", "--ca", str(self.ca), "--inventory", str(self.inventory))
        environment = os.environ | {"PATH": f"{reload}:{os.environ['PATH']}"}
        with (self.folder / "log").open("w") as log, contextlib.ExitStack() as running:
            for words in ([str(broker), "-c", str(self.config)], self.command("enrol", *options)):
                process = subprocess.Popen(
                    pi.beside(*words), stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd=ROOT
                )
                running.callback(process.wait, 60)
                running.callback(process.terminate)
            yield

    def run(self, *words: str) -> str:
        done = subprocess.run(self.command(*words), capture_output=True, text=True, check=False, cwd=ROOT)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def school(tmp_path_factory: pytest.TempPathFactory) -> School:
    return School(tmp_path_factory.mktemp("school"))


@pytest.fixture(scope="module")
def pi(tmp_path_factory: pytest.TempPathFactory, school: School) -> Iterator[Pi]:
    """A device that has been booted with its card, while nobody answers."""
    root, libraries = tree("trixie", "cloud"), wheels("trixie")
    folder = tmp_path_factory.mktemp("card")
    wheel = build_wheel(folder)
    (folder / "devices.csv").write_text(SHEET)
    school.common.write_text(COMMON.format(wheel=wheel, libraries=libraries, ca=school.ca))
    card = image(folder / "card.img", megabytes=200)
    options = ["--from", f"{folder}/devices.csv", "--host", HOST, "--server", "127.0.0.1", "--wheel", str(wheel)]
    options += ["--wheels", str(libraries), "--ssh-key", f"{school.key}.pub", "--user", "technician"]
    school.run("card", str(card), *options, "--time-zone", "Europe/Berlin")
    with Pi(root, folder / "pi", card) as booted:
        yield booted


def enrolment(pi: Machine) -> str:
    return pi.journal("emotion-edge-enrol.service")


def test_the_system_is_set_up_and_the_device_waits(pi: Pi, school: School) -> None:
    until(lambda: "the enrolment server cannot be reached" in enrolment(pi), SECONDS)
    assert pi.says("hostname") == DEVICE
    assert "Valid schema" in pi.says("cloud-init", "schema", "--config-file", "/boot/firmware/user-data")
    until(lambda: pi.says("cloud-init", "status").endswith("done"), SECONDS)
    assert json.loads(pi.says("cloud-init", "status", "--format", "json"))["errors"] == []
    assert pi.says("readlink", "/etc/localtime").endswith("Europe/Berlin")
    assert pi.says("cat", "/home/technician/.ssh/authorized_keys").splitlines()[-1] == school.public_key
    assert pi.says("runuser", "-u", "technician", "--", "sudo", "-n", "id", "-u") == "0"
    assert not (pi.root / "boot/firmware/emotion-edge/card.json").exists()
    assert pi.says("stat", "-c", "%a %U", "/var/lib/emotion-edge-enrol") == "700 root"
    with school.beside(pi):
        until(lambda: "waiting for approval; on the server: emotion-edge enrol --approve" in enrolment(pi), SECONDS)
        assert f"{HOST}, room Hörsaal 7, site north: 127.0.0.1, Debian GNU/Linux 13" in school.run("enrol", "--list")


def test_after_a_power_cut_it_goes_on_and_one_word_leads_to_records(pi: Pi, school: School) -> None:
    pi.power_off(orderly=False)
    pi.boot()
    with school.beside(pi):
        assert "approved" in school.run("enrol", "--approve", HOST)
        until(lambda: "runs; the code was removed from the card" in enrolment(pi), SECONDS)
        secure = ["-h", "127.0.0.1", "-p", "8884", "--cafile", str(school.ca / "ca.crt")]
        secure += ["-u", "board", "-P", school.password]
        with pi.subscriber(f"+/+/+/{DEVICE}/#", *secure) as following:
            record = following("/counts", lambda one: (one["faces"]["mean"] or 0) > 1)
            assert record["room"] == "Hörsaal 7"
            assert record["mode"] == "presence"
    assert pi.says("stat", "-c", "%a %U", "/etc/credstore/emotion-edge.key") == "600 root"
    assert not list((pi.root / "var/lib/emotion-edge-enrol").glob("*.json"))
    lines = [line for line in enrolment(pi).splitlines() if "enrolled as" in line]
    assert lines == [f"{HOST} is enrolled as {DEVICE}: its certificate is in /etc/credstore"]

    host = yaml.safe_load(school.inventory.read_text())["all"]["children"]["devices"]["hosts"][HOST]
    assert (host["device_id"], host["ansible_user"]) == (DEVICE, "technician")
    known = school.inventory.with_name("known_hosts").read_text()
    for key in pi.root.glob("etc/ssh/ssh_host_*_key.pub"):
        assert f"{HOST} {' '.join(key.read_text().split()[:2])}" in known


def test_ansible_goes_on_from_the_inventory_that_enrolment_wrote(pi: Pi, school: School) -> None:
    key = (pi.root / "etc/credstore/emotion-edge.key").read_bytes()
    with school.beside(pi):
        school.play(pi)
        assert " changed=0 " in school.play(pi)
        secure = ["-h", "127.0.0.1", "-p", "8884", "--cafile", str(school.ca / "ca.crt")]
        with pi.subscriber(f"+/+/+/{DEVICE}/#", *secure, "-u", "board", "-P", school.password) as following:
            assert following("/counts")["room"] == "Hörsaal 7"
    assert (pi.root / "etc/credstore/emotion-edge.key").read_bytes() == key
    assert not list((school.ca / "devices").glob(f"{DEVICE}.key"))


def test_a_copy_of_the_card_in_another_pi_is_not_this_device(pi: Pi) -> None:
    keys = {path.read_text() for path in pi.root.glob("etc/ssh/ssh_host_*_key.pub")}
    pi.power_off()
    pi.insert("10000000bbbbbbbb")
    pi.boot()
    until(lambda: "this card was copied" in pi.journal("emotion-edge-clone.service"), SECONDS)
    assert not list((pi.root / "etc/credstore").glob("emotion-edge.*"))
    assert not keys & {path.read_text() for path in pi.root.glob("etc/ssh/ssh_host_*_key.pub")}
    assert pi.shows("emotion-edge-publisher.service", "ActiveState") != "active"
    assert re.search("10000000aaaaaaaa, and this one is 10000000bbbbbbbb", pi.journal("emotion-edge-clone.service"))
