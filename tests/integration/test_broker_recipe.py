"""The broker as `deploy/broker` sets it up: who may connect, write and read."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import SECONDS
from tests.support.broker_recipe import BASE, RECIPE, Client, Site, credentials
from tests.support.root import gives_files_away


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    running = Site(tmp_path_factory.mktemp("site"))
    yield running
    running.broker.stop()


def test_a_device_writes_its_own_topics_and_no_others(site: Site) -> None:
    device = Client(site, 8883, device="pi-1")
    assert device.state() == "Success"
    refused = "Not authorized"
    assert refused not in device.publish(f"{BASE}/north/pi-1/counts")
    assert refused not in device.publish(f"{BASE}/north/pi-1/counts/backfill")
    assert refused not in device.publish("homeassistant/device/pi-1/config")
    assert device.publish(f"{BASE}/north/pi-2/counts") == refused
    assert device.publish(f"{BASE}/south/pi-1/counts") == refused
    assert device.publish("homeassistant/device/pi-2/config") == refused
    device.close()


@pytest.mark.parametrize("port", [8443, 8884])
def test_a_dashboard_reads_its_site_and_writes_nothing(site: Site, port: int) -> None:
    names = ("board-north", "board-south")
    boards = [Client(site, port, user=name, password=site.passwords[name]) for name in names]
    device = Client(site, 8883, device="pi-2")
    assert [client.state() for client in (*boards, device)] == ["Success"] * 3
    for board in boards:
        board.subscribe(f"{BASE}/#")
        assert board.publish(f"{BASE}/north/pi-2/pause/set") == "Not authorized"
    device.publish(f"{BASE}/north/pi-2/counts")
    assert boards[0].received.get(timeout=SECONDS) == f"{BASE}/north/pi-2/counts"
    assert boards[1].received.empty()
    for client in (*boards, device):
        client.close()


def test_a_hubs_login_for_commands_pauses_devices_of_its_site_and_nothing_else(site: Site) -> None:
    hub = Client(site, 8884, user="hub-north-commands", password=site.passwords["hub-north-commands"])
    device = Client(site, 8883, device="pi-1")
    assert [client.state() for client in (hub, device)] == ["Success"] * 2
    device.subscribe(f"{BASE}/north/pi-1/pause/set")
    hub.subscribe(f"{BASE}/#")
    refused = "Not authorized"
    for topic in ("south/pi-1/pause/set", "north/pi-1/privacy/set", "north/pi-1/counts", "north/pi-1/pause"):
        assert hub.publish(f"{BASE}/{topic}") == refused
    assert hub.publish(f"{BASE}/north/pi-1/pause/set") != refused
    assert device.received.get(timeout=SECONDS) == f"{BASE}/north/pi-1/pause/set"
    device.publish(f"{BASE}/north/pi-1/counts")
    device.publish(f"{BASE}/north/pi-1/pause")
    assert hub.received.get(timeout=SECONDS) == f"{BASE}/north/pi-1/pause", "no counts"
    for client in (hub, device):
        client.close()


@pytest.mark.parametrize("port", [8883, 8884])
def test_strangers_are_not_let_in(site: Site, port: int) -> None:
    stranger = Client(site, port, user="board-north", password="guessed")
    assert stranger.state() != "Success"
    stranger.close()


@gives_files_away
def test_the_broker_objects_to_no_line_of_its_configuration(site: Site) -> None:
    """Mosquitto 2.1 says which options are deprecated, and which files it will refuse."""
    log = site.broker.log.read_text().replace("Warning: Mosquitto should not be run as root", "")  # only tests do
    assert "running" in log
    assert not re.search("deprecated|recommended|Warning|Please", log), log


@gives_files_away
def test_the_broker_owns_what_it_reads(tmp_path: Path) -> None:
    for words in (("server", "localhost"), ("device", "north", "pi-1"), ("dashboard", "north", "board")):
        credentials(tmp_path, *words, BROKER_USER="nobody", BROKER_GROUP="nogroup")
        for name in ("acl", "passwords"):
            file = tmp_path / name
            assert (file.owner(), oct(file.stat().st_mode)[-3:]) == ("nobody", "640"), (words, name)


def test_a_removed_device_may_do_nothing_any_more(tmp_path: Path) -> None:
    credentials(tmp_path, "server", "localhost")
    for device in ("pi-1", "pi-10"):
        credentials(tmp_path, "device", "north", device)
    credentials(tmp_path, "remove", "pi-1")
    with pytest.raises(AssertionError, match=r"nobody has the name pi-2 in .*, so nothing was revoked"):
        credentials(tmp_path, "remove", "pi-2")
    acl = (tmp_path / "acl").read_text()
    assert "user pi-1\n" not in acl
    assert "north/pi-1/" not in acl
    assert "user pi-10\n" in acl
    assert f"topic write {BASE}/north/pi-10/counts\n" in acl
    assert not list((tmp_path / "devices").glob("pi-1.*"))


def test_what_ends_soon_is_signed_again_with_the_same_key(tmp_path: Path) -> None:
    credentials(tmp_path, "server", "broker.school.example", "10.0.0.2", LEAF_DAYS="10")
    credentials(tmp_path, "device", "north", "pi-1", LEAF_DAYS="10")
    credentials(tmp_path, "device", "north", "pi-2")
    before = {file: (tmp_path / file).read_bytes() for file in ("devices/pi-1.key", "devices/pi-2.crt")}
    assert credentials(tmp_path, "renew").split() == ["server", "pi-1"]
    assert before == {file: (tmp_path / file).read_bytes() for file in before}
    shown = subprocess.run(
        ["openssl", "x509", "-in", tmp_path / "server.crt", "-noout", "-ext", "subjectAltName", "-checkend", "2592000"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "DNS:broker.school.example, IP Address:10.0.0.2" in shown
    assert credentials(tmp_path, "renew") == ""


def test_the_brokers_certificate_is_made_again_for_other_names_alone(tmp_path: Path) -> None:
    """Also of another authority: nobody would trust that of the former one."""
    certificate = tmp_path / "server.crt"
    credentials(tmp_path, "server", "broker.example", "10.0.0.2")
    first = certificate.read_bytes()
    assert "unchanged: " in credentials(tmp_path, "server", "broker.example", "10.0.0.2")
    assert certificate.read_bytes() == first
    assert "unchanged: " not in credentials(tmp_path, "server", "broker.example", "10.0.0.3")
    second = certificate.read_bytes()
    assert second != first
    (tmp_path / "ca.crt").unlink()
    (tmp_path / "ca.key").unlink()
    assert "unchanged: " not in credentials(tmp_path, "server", "broker.example", "10.0.0.3")
    assert certificate.read_bytes() != second


def test_names_that_cannot_be_signed_change_nothing(tmp_path: Path) -> None:
    """A second try fails, too, and what was signed before is renewed with the names that it had."""
    credentials(tmp_path, "server", "localhost")
    before = (tmp_path / "server.crt").read_bytes()
    for _ in range(2):
        with pytest.raises(AssertionError):
            credentials(tmp_path, "server", "localhost", "192.0.2.300")
        assert (tmp_path / "server.crt").read_bytes() == before
    assert credentials(tmp_path, "renew", RENEW_DAYS="400").split() == ["server"]
    shown = subprocess.run(
        ["openssl", "x509", "-in", tmp_path / "server.crt", "-noout", "-ext", "subjectAltName"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert shown.split() == ["X509v3", "Subject", "Alternative", "Name:", "DNS:localhost"]


def test_a_device_that_was_moved_has_the_rights_of_its_site_and_its_certificate(tmp_path: Path) -> None:
    credentials(tmp_path, "server", "localhost")
    for device in ("pi-1", "pi-2"):
        credentials(tmp_path, "device", "north", device)
    certificate = (tmp_path / "devices/pi-1.crt").read_bytes()
    assert "unchanged: " in credentials(tmp_path, "allow", "north", "pi-1", "pi-2")
    assert "unchanged: " not in credentials(tmp_path, "allow", "south", "pi-1")
    acl = (tmp_path / "acl").read_text()
    assert f"topic write {BASE}/south/pi-1/counts\n" in acl
    assert "north/pi-1/" not in acl
    assert f"topic write {BASE}/north/pi-2/counts\n" in acl
    assert (tmp_path / "devices/pi-1.crt").read_bytes() == certificate
    with pytest.raises(AssertionError, match=r"has no certificate of pi-3; make one: "):
        credentials(tmp_path, "allow", "south", "pi-3")


def test_a_login_is_known_by_its_site_and_its_password(tmp_path: Path) -> None:
    """A program that sets up both sides makes a new one where the broker was set up anew."""
    credentials(tmp_path, "server", "localhost")

    def knows(site: str, name: str) -> bool:
        said = ""
        try:
            credentials(tmp_path, "knows", site, name)
        except AssertionError as error:
            said = str(error) or "nothing"
        assert said in {"", "nothing"}
        return not said

    assert not knows("north", "hub")
    credentials(tmp_path, "dashboard", "north", "hub")
    credentials(tmp_path, "device", "south", "pi-1")
    assert knows("north", "hub")
    assert not knows("south", "hub")
    assert not knows("south", "pi-1")  # it has a certificate, and no password
    (tmp_path / "passwords").unlink()
    assert not knows("north", "hub")


@pytest.mark.parametrize("words", [("device", "nor/th", "pi"), ("device", "north", "pi#"), ("dashboard", "+", "x")])
def test_names_that_would_widen_rights_are_refused(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [RECIPE / "credentials.sh", *words],
        env={**os.environ, "EMOTION_EDGE_CA": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 65
    assert re.search(r"is no usable name; use letters", done.stderr)


def test_the_guide_for_cards_ends_with_the_restart_that_opens_the_ports() -> None:
    """It has the reader type the block of this recipe; `enrol` only reloads, which opens no new port."""
    block = re.findall(r"^    (.+)$", (RECIPE / "README.md").read_text().split("\n| port")[0], re.MULTILINE)
    card = (RECIPE.parents[1] / "docs/guide/card.md").read_text()
    (step,) = re.findall(r"^2\. \*\*The broker\*\*.*?\n\n", card, re.MULTILINE | re.DOTALL)
    first, last = (words for words in re.findall(r"`([^`]+)`", step) if " " in words)
    assert [line for line in block if first in line]
    assert last == block[-1] == "sudo systemctl restart mosquitto"
