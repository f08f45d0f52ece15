"""Control node, device or broker is killed at random moments of an upgrade; the next play has to put it right.

EMOTION_EDGE_KILLS: how many times (3); EMOTION_EDGE_SEED: of the moments (1).
"""

import contextlib
import os
import random
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.conftest import until
from tests.system.fleet import WHEEL, Fleet, Heard, another, whole
from tests.system.installed import OBSERVER, PUBLISHER

KILLS = int(os.environ.get("EMOTION_EDGE_KILLS", "3"))
VICTIMS = ("controller", "device", "broker")
MOMENTS = (2.0, 110.0)
"""Seconds after the begin of an upgrade: from the first look at the devices to the last verdict, on quiet cores."""
pytestmark = [whole, pytest.mark.timeout(1800 + 600 * KILLS)]


def kill(fleet: Fleet, victim: str, play: "subprocess.Popen[bytes]") -> None:
    """Kill it as a fault does; a device and a broker come back."""
    if victim == "controller":
        os.killpg(play.pid, signal.SIGKILL)
    elif victim == "device":
        fleet.machines["annex"].power_off(orderly=False)
        fleet.machines["annex"].boot()
    else:
        fleet.machines["school"].run("systemctl", "kill", "--signal=KILL", "mosquitto.service")


def left_behind(fleet: Fleet) -> list[str]:
    """Return the command lines of what plays of this fleet began on this machine, and what still runs."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended
            if str(fleet.folder).encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return [words for words in found if "watch --jsonl" in words]


def all_run(fleet: Fleet) -> bool:
    """Return whether both services run on each device."""
    words = ("systemctl", "is-active", OBSERVER, PUBLISHER)
    return all(machine.says(*words) == "active\nactive" for machine in fleet.machines.values())


def test_after_a_kill_all_devices_run_the_next_play_converges_and_no_record_is_lost(fleet: Fleet, wheel: Path) -> None:
    chance = random.Random(os.environ.get("EMOTION_EDGE_SEED", "1"))
    name = another(wheel, "0.2.1")
    fleet.sign(fleet.folder / name)
    with fleet.listening() as heard:
        fleet.machines["school"].run("systemctl", "kill", "--signal=USR1", "mosquitto.service")  # it saves the session
        for number in range(KILLS):
            target = "0.2.1" if fleet.releases()["annex"] == "0.2.0" else "0.2.0"
            inventory = fleet.inventory(**dict.fromkeys(fleet.machines, WHEEL.replace("0.2.0", target)))
            one_kill(fleet, inventory, VICTIMS[number % len(VICTIMS)], chance.uniform(*MOMENTS))
            assert fleet.releases() == {"annex": target, "school": target}
            require_whole(fleet, heard)


def one_kill(fleet: Fleet, inventory: Path, victim: str, moment: float) -> None:
    """Begin an upgrade, kill at the moment, and play it again."""
    words = fleet.command("upgrade.yml", inventory)
    log = fleet.folder / "killed.log"
    with log.open("w") as output, subprocess.Popen(words, stdout=output, stderr=output, process_group=0) as play:
        try:
            play.wait(moment)
        except subprocess.TimeoutExpired:
            kill(fleet, victim, play)
        play.wait(900)
    until(lambda: left_behind(fleet) == [], 120)
    task = (re.findall(r"TASK \[(.*)\]", log.read_text()) or ["none yet"])[-1]
    print(f"{victim} after {moment:.0f} s, rc {play.returncode}, last task: {task}")
    until(lambda: all_run(fleet), 300)
    again = fleet.play("upgrade.yml", inventory)
    assert again.returncode == 0, f"{victim} after {moment:.0f} s:\n{log.read_text()}\nThe next play:\n{again.stdout}"
    for machine in fleet.machines.values():
        assert machine.says("ls", "/opt/emotion-edge/upgrade.json") == ""


def require_whole(fleet: Fleet, heard: Heard) -> None:
    """Require that each record arrived, of each boot of each device, up to those of now."""
    devices = [f"pi-{name}" for name in fleet.machines]
    for device in devices:
        heard.wait_for_more(device)
    until(lambda: [device for device in devices if heard.missing(device)] == [], 60)
