"""The plan of an upgrade has the batches of Ansible, and `ansible/upgrade_plan.yml` prints it. No machine is booted."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from edge.fleet.batches import batches
from tests.conftest import ROOT, SECONDS, Mosquitto, until
from tests.support.plans import NEWER, inventory, release
from tests.system.playbook import BIN, tool

HOSTS = 13
SIZES: list[list[int | str] | None] = [None, [1], ["30%"], [2, 0], [3, "10%", 4], ["100%"]]


def ansible(folder: Path, file: Path, book: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    words = [tool("ansible-playbook"), "-i", str(file), *options, str(book)]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=600, check=False)


def upgrade() -> dict[str, Any]:
    """Return the play of upgrade.yml that is played in batches."""
    (found,) = [play for play in yaml.safe_load((ROOT / "ansible/upgrade.yml").read_text()) if "serial" in play]
    return dict(found)


@pytest.mark.parametrize("canaries", [(), (4, 11)], ids=["no canary", "two"])
def test_its_batches_are_those_of_ansible(tmp_path: Path, canaries: tuple[int, ...]) -> None:
    """Hosts and order of the very play, with a task that asks no host."""
    file, play = inventory(tmp_path, HOSTS, release(tmp_path), *canaries), upgrade()
    told = {"debug": {"msg": "BATCH {{ play_number }} {{ ansible_play_batch | join(',') }}"}, "run_once": True}
    plays = [
        {name: play[name] for name in ("hosts", "serial", "gather_facts")}
        | {"vars": {"play_number": number} | ({"upgrade_batches": sizes} if sizes else {}), "tasks": [told]}
        for number, sizes in enumerate(SIZES)
    ]
    (tmp_path / "batches.yml").write_text(yaml.safe_dump(plays))
    done = ansible(tmp_path, file, tmp_path / "batches.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    others = [number for number in reversed(range(HOSTS)) if number not in canaries]
    hosts = [f"pi-{number}.example" for number in (*canaries, *others)]
    found = re.findall(r'"msg": "BATCH (\d+) (\S+)"', done.stdout)
    for number, sizes in enumerate(SIZES):
        theirs = [names.split(",") for play_number, names in found if int(play_number) == number]
        ours = batches(hosts, len(canaries), sizes) if sizes else batches(hosts, len(canaries))
        assert theirs == ours, sizes


def test_the_playbook_prints_the_plan_of_the_inventory(tmp_path: Path, broker: Mosquitto) -> None:
    url = f"mqtt://127.0.0.1:{broker.port}"
    config = tmp_path / "config.toml"
    config.write_text(f'interval_seconds = 5\n[device]\nsite = "north"\n[mqtt]\nurl = "{url}"\n')
    file = inventory(tmp_path, 5, release(tmp_path), 2)
    words = ["simulate", "--config", str(config), "--devices", "5"]
    with subprocess.Popen([sys.executable, "-m", "edge", *words], stdout=subprocess.DEVNULL) as simulator:
        variables = (
            "-e",
            f"report_broker_url={url}",
            "-e",
            f"report_program={BIN}/emotion-edge",
            "-e",
            "report_seconds=12",
        )
        try:
            until(lambda: broker.log.read_text().count("emotion-edge-sim-") >= 5, SECONDS)
            done = ansible(tmp_path, file, ROOT / "ansible/upgrade_plan.yml", *variables)
        finally:
            simulator.terminate()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 devices, 2 batches: 5 can be upgraded, 0 cannot now (!)" in done.stdout
    assert re.findall(r"changed=(\d+)", done.stdout) == ["2"], "only a folder and a list of devices are made"
    listed = json.loads((tmp_path / "report/upgrade.json").read_text())
    assert [one["host"] for one in listed["hosts"]] == [f"pi-{number}.example" for number in (2, 4, 3, 1, 0)]
    assert f"0.2.0 → {NEWER}" in (tmp_path / "report/upgrade-plan.html").read_text()


@pytest.mark.parametrize("book", ["report.yml", "upgrade_plan.yml"])
def test_what_fails_is_said_where_a_password_is_given_and_the_password_is_not(tmp_path: Path, book: str) -> None:
    """`no_log` hides the answer of the task itself. Of report.yml the play that asks no device is played."""
    plays = yaml.safe_load((ROOT / "ansible" / book).read_text())[-1:]
    (tmp_path / book).write_text(yaml.safe_dump(plays))
    (tmp_path / "report/doctor").mkdir(parents=True)
    file = inventory(tmp_path, 1, release(tmp_path))
    given = ("-e", "report_broker_url=mqtts://127.0.0.1:8884", "-e", "report_password=geheim")
    for program, said in (
        (f"{BIN}/emotion-edge", "--url: names no user, but a password is given"),
        ("no-such", "no-such does not run on this machine"),
    ):
        done = ansible(tmp_path, file, tmp_path / book, *given, "-e", f"report_program={program}")
        assert done.returncode == 2, done.stdout
        assert said in done.stdout
        assert "geheim" not in done.stdout + done.stderr
