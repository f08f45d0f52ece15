"""Pause, new certificates and the end of a device, as docs/guide/fleet.md says, on two booted machines."""

import re

import pytest

from tests.conftest import until
from tests.system.fleet import CREDENTIALS, WHEEL, Fleet, Heard

pytestmark = pytest.mark.timeout(1800)  # the first test builds the trees

CERTIFICATE, KEY = "/etc/credstore/emotion-edge.cert", "/etc/credstore/emotion-edge.key"


def camera(heard: Heard, device: str) -> tuple[str, list[str]]:
    """Return the state of a camera and who pauses it, as last heard; a device says so at each change."""
    found = heard.of(device, "/health")
    return (found[-1]["camera"]["state"], found[-1]["paused_by"] or []) if found else ("", [])


def test_a_pause_closes_one_camera_until_it_is_resumed(fleet: Fleet) -> None:
    inventory = fleet.inventory(annex=WHEEL, school=WHEEL)
    with fleet.listening() as heard:
        done = fleet.play("pause.yml", inventory, "-e", "pause=true", "--limit", "annex")
        assert done.returncode == 0, done.stdout
        (who,) = re.findall(r"annex: its camera is closed. Paused by (\S+) until pause.yml is played with", done.stdout)
        until(lambda: camera(heard, "pi-annex") == ("paused", ["remote"]), 120)
        heard.wait_for_more("pi-annex")
        heard.wait_for_more("pi-school", 1)
        assert heard.of("pi-annex", "/counts")[-1]["frames"] == {"analysed": 0, "expected": 0}
        assert heard.of("pi-school", "/counts")[-1]["suppressed"] is None
        noted = fleet.machines["school"].says("journalctl", "-o", "cat", "-t", "emotion-edge-fleet")
        assert f"{who} pauses pi-annex until it is resumed" in noted

        done = fleet.play("pause.yml", inventory, "-e", "pause=false", "--limit", "annex")
        assert done.returncode == 0, done.stdout
        until(lambda: camera(heard, "pi-annex") == ("running", []), 120)
    assert "fleet-pause" not in fleet.machines["school"].says("cat", f"{CREDENTIALS}/passwords")


def test_new_certificates_are_used_the_former_are_refused_and_no_record_is_lost(fleet: Fleet) -> None:
    """The first device of the inventory is off: the others get theirs all the same."""
    annex = fleet.machines["annex"]
    former, key = annex.says("cat", CERTIFICATE), annex.says("cat", KEY)
    with fleet.listening() as heard:
        for device in ("pi-annex", "pi-school"):
            heard.wait_for_more(device)
        assert fleet.admits(former, key)
        inventory = fleet.inventory(annex=WHEEL, school=WHEEL)
        complete, first = inventory.read_text(), "      hosts:\n        annex:"
        assert complete.count(first) == 1
        off = "lost: {device_id: pi-lost, device_room: lost, ansible_host: 127.0.0.1, ansible_port: 1}"
        inventory.write_text(complete.replace(first, first.replace("annex:", f"{off}\n        annex:")))
        done = fleet.play("rotate_certificates.yml", inventory, "-e", "rotate_days=400")
        inventory.write_text(complete)
        assert done.returncode == 2, done.stdout
        assert "lost was left out: it cannot be reached" in done.stdout
        assert re.findall(r"^(\w+) .* failed=1 ", done.stdout, re.MULTILINE) == ["lost"], done.stdout
        for device in ("pi-annex", "pi-school"):
            heard.wait_for_more(device)
            assert len(heard.records(device)) == 1, "the observer began anew"
            assert heard.missing(device) == {}
    used = annex.says("cat", "/run/credentials/emotion-edge-publisher.service/emotion-edge.cert")
    assert used != former
    assert fleet.admits(used, annex.says("cat", KEY))
    assert not fleet.admits(former, key)

    again = fleet.play("rotate_certificates.yml", inventory)
    assert again.returncode == 0, again.stdout
    assert re.findall(r"changed=(\d+)", again.stdout) == ["0", "0"], again.stdout


def test_a_lost_device_loses_its_rights_all_the_same(fleet: Fleet) -> None:
    school, address = fleet.machines["school"], fleet.addresses["annex"]
    school.run("env", f"EMOTION_EDGE_CA={CREDENTIALS}", "emotion-edge-credentials", "device", "north", "pi-annex-lost")
    certificate, key = (school.says("cat", f"{CREDENTIALS}/devices/pi-annex-lost.{end}") for end in ("crt", "key"))
    assert fleet.admits(certificate, key)
    inventory = fleet.inventory(annex=WHEEL, school=WHEEL)
    text = inventory.read_text().replace("device_id: pi-annex", "device_id: pi-annex-lost")
    inventory.write_text(text.replace(address, f"{address}99"))  # no address: nobody answers
    done = fleet.play("retire.yml", inventory, "--limit", "annex")
    assert done.returncode == 2, done.stdout
    assert "annex cannot be reached. Its rights are revoked" in done.stdout
    assert not fleet.admits(certificate, key)


def test_nothing_is_left_of_a_device_that_leaves(fleet: Fleet) -> None:
    """The last test of these machines: afterwards one of them is no device any more."""
    annex, inventory, runs = fleet.machines["annex"], fleet.inventory(annex=WHEEL, school=WHEEL), fleet.releases()
    certificate, key = annex.says("cat", CERTIFICATE), annex.says("cat", KEY)
    with fleet.listening() as heard:
        assert heard.of("pi-annex", "/info"), "nothing was retained, so nothing could be removed"
    done = fleet.play("retire.yml", inventory, "--limit", "annex,broker")
    assert done.returncode == 2, done.stdout
    assert "school is the broker or the hub, too" in done.stdout
    assert fleet.releases() == runs

    done = fleet.play("retire.yml", inventory, "--limit", "annex")
    assert done.returncode == 0, done.stdout
    with fleet.listening() as heard:
        heard.wait_for_more("pi-school")
        assert "pi-school/config" in heard.file.read_text()
        assert "pi-annex" not in heard.file.read_text()
    # systemd's own folders of services, which end with the next start, are not ours.
    assert annex.says("find", "/", "-xdev", "-iname", "*emotion*", "-not", "-name", "systemd-private-*") == ""
    assert "emotion" not in annex.says("getent", "passwd") + annex.says("getent", "group")
    assert not fleet.admits(certificate, key)
