"""A device or a dashboard of a school that turns against the others, at the broker of `deploy/broker`."""

import os
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SECONDS, until
from tests.support.broker_recipe import BASE, Client, Site, credentials
from tests.support.root import gives_files_away


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    running = Site(tmp_path_factory.mktemp("site"))
    yield running
    running.broker.stop()


def stays(client: Client) -> bool:
    """Whether a connected client is still served on the same connection."""
    return client.publish(f"{BASE}/north/pi-1/counts") != "" and client.connected.empty()


@pytest.mark.parametrize("client_id", ["pi-1", "emotion-edge-pi-1"])
def test_nobody_ends_the_session_of_a_device(site: Site, client_id: str) -> None:
    device = Client(site, 8883, device="pi-1", client_id="emotion-edge-pi-1")
    assert device.state() == "Success"
    others = [Client(site, 8883, device="pi-2", client_id=client_id)]
    for port in (8443, 8884):
        secret = site.passwords["board-north"]
        others.append(Client(site, port, user="board-north", password=secret, client_id=client_id))
        assert others[-1].state() == "Success"
        assert stays(device)
    for client in (device, *others):
        client.close()


def test_nobody_destroys_the_queue_of_a_store(site: Site) -> None:
    login: dict[str, Any] = {"user": "board-north", "password": site.passwords["board-north"]}
    store = Client(site, 8884, **login, client_id="telegraf", lasting=True)
    assert store.state() == "Success"
    store.subscribe(f"{BASE}/north/+/counts")
    store.close()
    attackers: list[tuple[int, dict[str, Any]]] = [
        (8883, {"device": "pi-2"}),
        (8443, {"user": "board-south", "password": site.passwords["board-south"]}),
        (8884, {"user": "board-south", "password": site.passwords["board-south"]}),
    ]
    for port, who in attackers:
        for client_id in ("telegraf", "board-north"):
            attacker = Client(site, port, **who, client_id=client_id)
            assert attacker.state() == "Success"
            attacker.close()
    device = Client(site, 8883, device="pi-1")
    assert device.state() == "Success"
    device.publish(f"{BASE}/north/pi-1/counts")
    store = Client(site, 8884, **login, client_id="telegraf", lasting=True)
    assert store.received.get(timeout=SECONDS) == f"{BASE}/north/pi-1/counts"
    for client in (device, store):
        client.close()


def test_a_device_writes_no_topic_that_the_contract_does_not_have(site: Site) -> None:
    device = Client(site, 8883, device="pi-1")
    assert device.state() == "Success"
    refused = "Not authorized"
    for leaf in ("pictures", "counts/more", "a/b/c"):
        assert device.publish(f"{BASE}/north/pi-1/{leaf}") == refused
    for leaf in ("counts", "counts/backfill", "health", "info", "pause", "status", "doctor/set"):
        assert device.publish(f"{BASE}/north/pi-1/{leaf}") != refused
    device.close()


def test_a_removed_certificate_never_comes_back(tmp_path: Path) -> None:
    """Neither when the name is used again nor where a renewal had replaced it."""
    site = Site(tmp_path)
    first, renewed = tmp_path / "first", tmp_path / "renewed"
    shutil.copytree(site.folder / "devices", first)
    credentials(site.folder, "renew", RENEW_DAYS="10000")
    shutil.copytree(site.folder / "devices", renewed)
    site.broker.reload()
    for certificates in (first, renewed):
        device = Client(site, 8883, device="pi-1", certificates=certificates)
        assert device.state() == "Success", "what a renewal replaced is valid until it ends"
        device.close()
    credentials(site.folder, "remove", "pi-1")
    credentials(site.folder, "device", "north", "pi-1")
    site.broker.reload()

    def is_refused() -> bool:  # the reload takes a moment
        client = Client(site, 8883, device="pi-1", certificates=first)
        client.close()
        return client.state() != "Success"

    until(is_refused)
    removed = Client(site, 8883, device="pi-1", certificates=renewed)
    assert removed.state() != "Success"
    removed.close()
    for name in ("pi-1", "pi-2"):
        device = Client(site, 8883, device=name)
        assert device.state() == "Success"
        device.close()
    site.broker.stop()


def test_names_that_are_equal_as_numbers_are_two(tmp_path: Path) -> None:
    credentials(tmp_path, "server", "localhost")
    for name in ("7", "07", "7.0"):
        credentials(tmp_path, "device", "north", name)
    credentials(tmp_path, "dashboard", "north", "0x10")
    credentials(tmp_path, "dashboard", "north", "16")
    credentials(tmp_path, "remove", "07")
    credentials(tmp_path, "remove", "16")
    acl = (tmp_path / "acl").read_text().splitlines()
    assert [line for line in acl if line.startswith("user")] == ["user 7", "user 7.0", "user 0x10"]
    assert [line.split(":")[0] for line in (tmp_path / "passwords").read_text().splitlines()] == ["0x10"]


def test_a_name_belongs_to_a_device_or_to_a_dashboard(tmp_path: Path) -> None:
    """The access list knows names only: a dashboard with the name of a device could write its records."""
    credentials(tmp_path, "server", "localhost")
    credentials(tmp_path, "device", "north", "pi-1")
    credentials(tmp_path, "dashboard", "north", "board")
    for words, kind in ((("dashboard", "north", "pi-1"), "device"), (("device", "north", "board"), "dashboard")):
        with pytest.raises(AssertionError, match=f"a {kind} has the name {words[2]}; choose another"):
            credentials(tmp_path, *words)


@gives_files_away
def test_the_broker_reads_no_key_but_its_own(tmp_path: Path) -> None:
    credentials(tmp_path, "server", "localhost")
    credentials(tmp_path, "device", "north", "pi-1")
    (tmp_path / "devices" / "pi-1.key").chmod(0o640)  # as the manual of 0.2.0 said
    credentials(tmp_path, "crl")
    for file in ("ca.key", "devices", "devices/pi-1.key"):
        assert stat.S_IMODE((tmp_path / file).stat().st_mode) & 0o077 == 0
    for file in ("ca.crt", "crl.pem", "server.crt"):
        assert (tmp_path / file).stat().st_mode & stat.S_IROTH, file


def test_a_password_is_no_argument_of_a_process(tmp_path: Path) -> None:
    real = shutil.which("mosquitto_passwd")
    wrapper = tmp_path / "bin" / "mosquitto_passwd"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/arguments\nexec {real} "$@"\n')
    wrapper.chmod(0o755)
    folder = tmp_path / "credentials"
    said = credentials(folder, "dashboard", "north", "board", PATH=f"{wrapper.parent}:{os.environ['PATH']}")
    secret = said.split()[-1]
    assert secret not in (tmp_path / "arguments").read_text()
    hashed = subprocess.run(["cat", folder / "passwords"], capture_output=True, text=True, check=True).stdout
    assert hashed.startswith("board:$")
    assert secret not in hashed
    assert not list(folder.glob("*.partial"))
