"""The enrolment server over real TLS, with the broker's real certificate authority: who gets a certificate."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from edge.card.authority import Authority
from edge.card.codes import LIFE_SECONDS, Codes, Enrolment, new_code
from edge.card.device.certificate import Conversation, Refused
from edge.card.device.key import make_key
from edge.card.device.key import request as csr
from edge.card.device.pinned import Answer, WrongServer, ask
from edge.card.device.state import Card, State
from edge.card.inventory import Inventory
from edge.card.server import Asked, Desk, _answer
from tests.conftest import ROOT, until

CREDENTIALS = ROOT / "deploy/broker/credentials.sh"
ROOM = "B12 \U0001f600"
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMr4mpcB2BslYvG1q9vR8z5Qyq6NnwG0mO3tW5Q1l8b+"


class Server:
    """`emotion-edge enrol` as an operator starts it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = folder / "ca"
        self.codes = Codes(folder / "codes")
        self.inventory = folder / "enrolled.yml"
        self.log = folder / "server.log"
        self._process: subprocess.Popen[str] | None = None
        self.address = self.fingerprint = ""
        environment = os.environ | {"EMOTION_EDGE_CA": str(self.ca)}
        subprocess.run(
            ["sh", CREDENTIALS, "server", "broker.test", "10.0.0.2"], env=environment, check=True, capture_output=True
        )

    def words(self, *more: str) -> list[str]:
        return [sys.executable, "-m", "edge", "enrol", "--codes", str(self.codes.folder), *more]

    def start(self, *more: str) -> None:
        options = ["--broker", "mqtts://broker.test:8883", "--ca", str(self.ca), "--inventory", str(self.inventory)]
        words = self.words(*options, "--listen", self.address or "127.0.0.1:0", "--no-reload", *more)
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        found = re.fullmatch(r"enrolment server on ([\d.:]+), certificate SHA-256 ([0-9a-f]{64})\n", said)
        assert found, said + self.log.read_text()
        self.address, self.fingerprint = found[1], found[2]

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.communicate(timeout=60)

    def decide(self, *words: str) -> str:
        done = subprocess.run(self.words(*words), capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def card(self, host: str = "pi-b12", device_id: str = "") -> Card:
        """Return a card that was just written."""
        name = device_id or host
        settings: dict[str, Any] = {"": {"interval_seconds": 15}, "pause": {"camera_open": ["mon-fri 07:45-16:00"]}}
        code = self.codes.issue(Enrolment("", host, name, "north", ROOM, "pi", 0.0, settings))
        return Card(self.address, self.fingerprint, code, host, name, "emotion_edge.whl")


class Device:
    """A new device with a card."""

    def __init__(self, folder: Path, card: Card) -> None:
        self.card = card
        self.said: list[str] = []
        self._waits = threading.Event()
        self.state = State(folder / "state", folder / "etc")
        self.state.ssh.mkdir(parents=True)
        (self.state.ssh / "ssh_host_ed25519_key.pub").write_text(f"{HOST_KEY} root@pi\n")
        self.conversation = Conversation(self.state, card, self.said.append, self._wait)

    def _wait(self, _seconds: float) -> None:
        self._waits.wait(0.2)

    def post(self, **changes: object) -> Answer:
        """Send one request with what a liar would change."""
        key = self.state.credential("key")
        make_key(key)
        body = {"code": self.card.code, "host": self.card.host, "device_id": self.card.device_id, "csr": csr(key)}
        return ask(self.card.server, self.card.fingerprint, "/v1/enrol", {**body, "host_keys": [HOST_KEY], **changes})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    one = Server(tmp_path)
    one.start()
    yield one
    one.stop()


def openssl(*words: str | Path) -> str:
    return subprocess.run(["openssl", *words], capture_output=True, text=True, check=True).stdout


def test_a_device_gets_its_certificate_after_approval_and_not_before(server: Server, tmp_path: Path) -> None:
    device = Device(tmp_path / "device", server.card())
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(device.conversation.certificate()))
    thread.start()
    until(lambda: any("waiting for approval" in line for line in device.said))
    assert not (server.ca / "devices/pi-b12.crt").exists()
    assert f"pi-b12, room {ROOM}, site north: 127.0.0.1" in server.decide("--list")
    assert server.decide("--approve", "pi-b12") == "pi-b12: approved\n"
    thread.join(120)

    (issued,) = found
    assert issued.broker_url == "mqtts://broker.test:8883"
    certificate = tmp_path / "device.crt"
    certificate.write_text(issued.certificate)
    (tmp_path / "ca.crt").write_text(issued.ca)
    assert openssl("verify", "-CAfile", tmp_path / "ca.crt", certificate).endswith("OK\n")
    assert "topic write emotion-edge/v1/north/pi-b12/counts\n" in (server.ca / "acl").read_text()
    assert not (server.ca / "devices/pi-b12.key").exists()

    host = yaml.safe_load(server.inventory.read_text())["all"]["children"]["devices"]["hosts"]["pi-b12"]
    assert (host["ansible_host"], host["device_id"], host["device_room"]) == ("127.0.0.1", "pi-b12", ROOM)
    assert host["device_settings"] == {
        "mode": "presence",
        "interval_seconds": 15,
        "pause": {"camera_open": ["mon-fri 07:45-16:00"]},
    }
    assert (tmp_path / "known_hosts").read_text() == f"pi-b12 {HOST_KEY}\n"
    assert device.post().body["certificate"] == issued.certificate  # the answer was lost, and is asked for again


def test_a_name_in_a_request_is_not_believed(server: Server, tmp_path: Path) -> None:
    server.stop()
    server.start("--approve-known")
    device = Device(tmp_path / "device", server.card())
    key = device.state.credential("key")
    make_key(key)
    lie = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "subjectAltName=DNS:localhost")
    answer = device.post(csr=openssl("req", "-new", "-key", key, "-subj", "/CN=pi-head-office", *lie))
    assert answer.status == 200, answer
    certificate = tmp_path / "device.crt"
    certificate.write_text(answer.body["certificate"])
    text = openssl("x509", "-in", certificate, "-noout", "-text", "-nameopt", "RFC2253")
    assert re.search(r"Subject: CN=pi-b12$", text, re.MULTILINE)
    assert "CA:FALSE" in text
    assert "Subject Alternative Name" not in text
    # A request that another key has signed is none.
    other = Device(tmp_path / "other", server.card("pi-b13"))
    make_key(other.state.credential("key"))
    request = csr(other.state.credential("key"))
    broken = request.replace(request.splitlines()[-2][:8], request.splitlines()[-2][:7][::-1] + "A")
    assert other.post(csr=broken).status == 503
    assert not (server.ca / "devices/pi-b13.crt").exists()


def test_codes_that_give_nothing_say_why(server: Server, tmp_path: Path) -> None:
    device = Device(tmp_path / "device", server.card())
    unknown = device.post(code=new_code())
    assert (unknown.status, unknown.body["code"]) == (403, "unknown")
    assert device.post(host="pi-b13").body["code"] == "other_host"
    assert device.post(device_id="pi-b13").body["code"] == "other_host"
    assert device.post().status == 202
    copy = Device(tmp_path / "copy", device.card)
    with pytest.raises(Refused, match="the code of pi-b12: was used by another device: this card was copied"):
        copy.conversation.certificate()
    server.decide("--deny", "pi-b12")
    assert device.post().body["code"] == "denied"
    assert device.post(more="x").status == 422
    assert device.post(csr="x" * 5000).status == 422
    assert Device(tmp_path / "third", server.card("pi-b14")).post(csr="no request " * 10).status == 422
    assert device.post(system="x" * 20_000).status == 413


def test_an_expired_code_gives_nothing(server: Server, tmp_path: Path) -> None:
    device = Device(tmp_path / "device", server.card())
    (file,) = (server.codes.folder / "codes").glob("*.json")
    values = json.loads(file.read_text())
    file.write_text(json.dumps(values | {"expires": values["expires"] - LIFE_SECONDS - 1}))
    assert device.post().body["code"] == "expired"


def test_another_server_gets_nothing_from_the_device(server: Server, tmp_path: Path) -> None:
    card = server.card()
    device = Device(tmp_path / "device", Card(**{**vars(card), "fingerprint": "0" * 64}))
    with pytest.raises(WrongServer, match=r"shows another certificate .* than the card names .*; nothing was sent"):
        device.conversation.reach()
    with pytest.raises(WrongServer):
        device.conversation.certificate()
    assert server.codes.all()[0].request is None


def test_a_name_with_a_certificate_gets_another_one_only_if_the_operator_says_so(
    server: Server, tmp_path: Path
) -> None:
    server.stop()
    server.start("--approve-known")
    first = Device(tmp_path / "first", server.card())
    assert first.post().status == 200
    second = Device(tmp_path / "second", server.card())
    answer = second.post()
    assert (answer.status, answer.body["code"]) == (409, "has_certificate")
    assert "start `emotion-edge enrol` with --replace" in answer.body["detail"]
    serial = openssl("x509", "-in", server.ca / "devices/pi-b12.crt", "-noout", "-serial").strip().partition("=")[2]

    server.stop()
    server.start("--approve-known", "--replace")
    assert second.post().status == 200
    revoked = openssl("crl", "-in", server.ca / "crl.pem", "-noout", "-text")
    assert f"Serial Number: {serial}" in revoked
    assert first.post().body["code"] == "unknown"


def test_guessing_is_slowed_down(server: Server, tmp_path: Path) -> None:
    device = Device(tmp_path / "device", server.card())
    answers = [device.post(code=new_code(), csr="no request " * 10) for _ in range(24)]
    assert {answer.status for answer in answers} == {403, 429}
    slow = next(answer for answer in answers if answer.status == 429)
    assert slow.retry_seconds >= 1


def test_an_inventory_that_was_edited_is_not_written_over(server: Server, tmp_path: Path) -> None:
    server.stop()
    server.start("--approve-known")
    assert Device(tmp_path / "first", server.card()).post().status == 200
    edited = server.inventory.read_text() + "   typo: [\n"
    server.inventory.write_text(edited)
    second = Device(tmp_path / "second", server.card("pi-b13"))
    assert second.post().status == 503
    assert not (server.ca / "devices/pi-b13.crt").exists()
    assert server.inventory.read_text() == edited
    assert "was changed by hand" in server.log.read_text()
    server.inventory.rename(tmp_path / "mine.yml")
    assert second.post().status == 200
    hosts = yaml.safe_load(server.inventory.read_text())["all"]["children"]["devices"]["hosts"]
    assert sorted(hosts) == ["pi-b12", "pi-b13"]


def test_a_device_that_was_retired_leaves_the_inventory_and_does_not_come_back(server: Server, tmp_path: Path) -> None:
    server.stop()
    server.start("--approve-known")
    for host in ("pi-b12", "pi-b13"):
        assert Device(tmp_path / host, server.card(host)).post().status == 200
    forget = ("--forget", "pi-b12", "--inventory", str(server.inventory))
    assert server.decide(*forget) == "pi-b12: forgotten\n"
    assert "pi-b12" not in server.inventory.read_text() + (tmp_path / "known_hosts").read_text()

    assert Device(tmp_path / "pi-b14", server.card("pi-b14")).post().status == 200
    hosts = yaml.safe_load(server.inventory.read_text())["all"]["children"]["devices"]["hosts"]
    assert sorted(hosts) == ["pi-b13", "pi-b14"]
    assert "pi-b12: no card was written for this host; known are: pi-b13, pi-b14" in server.decide(*forget)
    server.inventory.unlink()
    assert "enrolled.yml: is not there; name the inventory of enrol" in server.decide("--forget", "pi-b13", *forget[2:])


def test_a_device_that_no_inventory_could_list_is_listed_when_it_asks_again(server: Server, tmp_path: Path) -> None:
    """As on a disk that is full for a while: it was signed, and everything else is still to be done."""
    server.stop()
    server.start("--approve-known")
    device = Device(tmp_path / "first", server.card())
    (tmp_path / "known_hosts").mkdir()
    assert device.post().status == 503
    assert (server.ca / "devices/pi-b12.crt").exists()
    assert "cannot be written" in server.log.read_text()
    (tmp_path / "known_hosts").rmdir()
    answer = device.post()
    assert (answer.status, answer.body["certificate"]) == (200, (server.ca / "devices/pi-b12.crt").read_text())
    hosts = yaml.safe_load(server.inventory.read_text())["all"]["children"]["devices"]["hosts"]
    assert list(hosts) == ["pi-b12"]


def test_the_broker_reads_the_rights_of_a_device_whose_enrolment_was_cut_off(server: Server, tmp_path: Path) -> None:
    """Where `enrol` ends before the broker was reloaded, the device that asks again has it reloaded."""

    class Ended(BaseException):
        pass

    reloads: list[str] = []

    def reload() -> None:
        reloads.append((server.ca / "acl").read_text())
        if len(reloads) == 1:
            raise Ended

    server.stop()
    book = Inventory(server.inventory, tmp_path / "digest", "mqtts://broker.test:8883")
    desk = Desk(server.codes, Authority(server.ca, replace=False), book, "mqtts://broker.test:8883", True, reload)
    card, key = server.card(), tmp_path / "key"
    make_key(key)
    asked = Asked(code=card.code, host=card.host, device_id=card.device_id, csr=csr(key))
    with pytest.raises(Ended):
        _answer(desk, asked, "127.0.0.1")
    for _again in range(2):
        assert _answer(desk, asked, "127.0.0.1").status_code == 200
    assert ["north/pi-b12/counts" in acl for acl in reloads] == [True, True]


def test_without_an_authority_it_does_not_start(server: Server, tmp_path: Path) -> None:
    said = server.decide("--broker", "mqtts://broker.test:8883", "--ca", str(tmp_path / "nothing"))
    assert "cannot be read, so nothing can be signed; use sudo" in said


def test_a_broker_that_no_device_would_believe_is_named_at_the_start(server: Server) -> None:
    said = server.decide("--broker", "mqtts://borker.test:8883", "--ca", str(server.ca))
    assert "borker.test: is no name in the broker's certificate (broker.test, 10.0.0.2)" in said


def test_a_device_that_keeps_its_key_is_renewed_and_removed(server: Server, tmp_path: Path) -> None:
    server.stop()
    server.start("--approve-known")
    answer = Device(tmp_path / "device", server.card()).post()
    certificate = server.ca / "devices/pi-b12.crt"
    environment = os.environ | {"EMOTION_EDGE_CA": str(server.ca), "RENEW_DAYS": "400"}
    done = subprocess.run(["sh", CREDENTIALS, "renew"], env=environment, capture_output=True, text=True, check=True)
    assert "pi-b12" in done.stdout.splitlines()
    assert certificate.read_text() != answer.body["certificate"]
    key = openssl("pkey", "-in", tmp_path / "device/etc/credstore/emotion-edge.key", "-pubout")
    assert openssl("x509", "-in", certificate, "-noout", "-pubkey") == key
    subprocess.run(["sh", CREDENTIALS, "remove", "pi-b12"], env=environment, check=True, capture_output=True)
    assert not list((server.ca / "devices").iterdir())


@pytest.mark.parametrize(
    "said",
    [
        {"host": "x\r\x1b[2Kpi-b12, room B12: approve? [y/n] "},
        {"host": "pi-b12\u202e"},
        {"device_id": "pi-b12\n"},
        {"system": "Debian\x1b[8m"},
        {"machine": "arm64\r"},
        {"host_keys": ["ssh-ed25519 " + "A" * 33]},
    ],
)
def test_what_a_device_says_cannot_write_on_the_terminal_of_the_operator(
    server: Server, tmp_path: Path, said: dict[str, object]
) -> None:
    """Anybody in the network can send it, without a code that is known."""
    answer = Device(tmp_path / "device", server.card()).post(**said)
    assert answer.status == 422
    assert "its card was written, and no device has shown its code" in server.decide("--list")
    assert not set("\x1b\r\u202e") & set(server.log.read_text())
