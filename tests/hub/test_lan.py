"""The hub in a school's network: HTTPS, accounts, and pauses, with the broker of the recipe and a real device."""

import contextlib
import json
import os
import queue
import signal
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from edge.config.completeness import END
from tests.conftest import SECONDS, until
from tests.hub.lan import LanHub, device_config, hub_command
from tests.hub.people import PASSWORD
from tests.hub.running import around_now
from tests.support.broker_recipe import Client, Site, credentials
from tests.support.daemon import Daemon, command
from tests.views.published import Device

PAUSE = "devices/pi-1/pause"


class Live:
    """Records as a logged-in page gets them."""

    def __init__(self, client: httpx2.Client) -> None:
        self.records: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._client = client
        begun = threading.Event()
        self._begun = begun
        threading.Thread(target=self._read, daemon=True).start()
        assert begun.wait(SECONDS)

    def _read(self) -> None:
        with contextlib.suppress(httpx2.TransportError), self._client.stream("GET", "live") as answer:
            kind = ""
            for line in answer.iter_lines():
                self._begun.set()
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: ") and kind == "record":
                    self.records.put(json.loads(line.removeprefix("data: ")))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    running = Site(tmp_path_factory.mktemp("site"))
    yield running
    running.broker.stop()


@pytest.fixture
def hub(site: Site, tmp_path: Path) -> LanHub:
    hub = LanHub(tmp_path, site)
    hub.add("anna", "--role", "teacher", "--rooms", "pi-1")
    hub.add("bert", "--role", "teacher", "--rooms", "pi-2")
    hub.add("ada", "--role", "admin")
    return hub


def test_other_machines_need_an_account_and_https_or_an_express_word(site: Site, tmp_path: Path) -> None:
    hub = LanHub(tmp_path, site)
    refused = hub_command("serve", "--config", hub.config)
    assert (refused.returncode, "there is no account; add one" in refused.stderr) == (78, True)
    plain = LanHub(tmp_path, site, cert_file="", key_file="")
    refused = hub_command("serve", "--config", plain.config)
    assert (refused.returncode, "passwords would pass unencrypted" in refused.stderr) == (78, True)
    plain = LanHub(tmp_path, site, cert_file="", key_file="", plain_http=True)
    plain.add("ada", "--role", "admin")
    with plain.log.open("ab") as log:
        process = subprocess.Popen(command("hub", "serve", "--config", plain.config), stderr=log, stdout=log)
    try:
        client = httpx2.Client(base_url=f"http://127.0.0.1:{plain.port}/api/v1/", timeout=SECONDS, trust_env=False)

        def log_in() -> Any:
            try:
                return client.post("session", json={"name": "ada", "password": PASSWORD})
            except httpx2.TransportError:
                assert process.poll() is None, plain.log.read_text()
                return None

        answer = until(log_in)
        assert answer.json()["plain_http"] is True
        assert "secure" not in answer.headers["set-cookie"].lower()
        assert "strict-transport-security" not in answer.headers
        assert client.get("session").json()["role"] == "admin"
    finally:
        process.terminate()
        process.wait(SECONDS)


def test_a_browser_gets_https_and_a_cookie_that_no_script_reads(hub: LanHub) -> None:
    with hub:
        client = hub.client()
        answer = client.post("session", json={"name": "Anna", "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-emotion-edge=")
        assert {"HttpOnly", "Secure", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
        assert answer.headers["strict-transport-security"].startswith("max-age=")
        assert answer.json() | {"csrf": ""} == {
            "name": "anna",
            "role": "teacher",
            "site": "north",
            "rooms": ["pi-1"],
            "csrf": "",
            "plain_http": False,
            "pauses": True,
        }
        for host, status in (("hub.school.example", 200), (f"192.0.2.1:{hub.port}", 200), ("evil.example", 400)):
            assert client.get("session", headers={"Host": host}).status_code == status
        with pytest.raises(httpx2.TransportError):
            httpx2.get(f"http://localhost:{hub.port}/api/v1/state", trust_env=False, timeout=SECONDS)


def test_a_teacher_pauses_the_own_room_and_the_hub_resumes_it(hub: LanHub, site: Site, tmp_path: Path) -> None:
    """From the button to the closed camera of a real device, and back when the time has come."""
    config = device_config(tmp_path, site)
    with hub:
        anna, ada = hub.client("anna"), hub.client("ada")
        with Daemon(tmp_path, "run", "--config", config) as daemon:
            until(lambda: anna.get(PAUSE).json()["paused"] is False)
            end = datetime.now(UTC) + timedelta(seconds=30)
            answer = anna.post(PAUSE, json={"paused": True, "until": end.isoformat()})
            assert answer.status_code == 202, answer.text
            assert answer.json()["by"] == "anna"
            until(lambda: anna.get(PAUSE).json()["paused"] is True)
            state = ada.get(PAUSE).json()
            assert (state["by"], state["until"]) == ("anna", end.strftime("%Y-%m-%dT%H:%M:%SZ"))
            until(lambda: "camera" not in daemon.children())
            until(lambda: anna.get(PAUSE).json()["paused"] is False)
            assert anna.get(PAUSE).json()["by"] is None
        until(lambda: refused_as_absent(ada))
        entries = ada.get("audit", params=around_now()).json()["audit"]
        done = [(each["actor"], each["action"]) for each in reversed(entries) if each["subject"] == "pi-1"]
        assert done[:2] == [("anna", "paused"), ("hub", "resumed")]
        assert entries[0]["detail"].startswith("failed: is not connected")


def test_an_administrator_pauses_a_device_that_has_no_record_yet(hub: LanHub, site: Site) -> None:
    device = Client(site, 8883, device="pi-2")
    device.subscribe("emotion-edge/v1/north/pi-2/pause/set")
    device.client.publish("emotion-edge/v1/north/pi-2/pause", "OFF", qos=1, retain=True).wait_for_publish(SECONDS)
    with hub:
        ada = hub.client("ada")
        until(lambda: ada.get("devices/pi-2/pause").status_code == 200)
        assert ada.post("devices/pi-2/pause", json={"paused": True}).json()["by"] == "ada"
        assert ada.get("devices/pi-3/pause").status_code == 404
    device.close()


def refused_as_absent(client: httpx2.Client) -> bool:
    """Whether the hub says that the device does not hear an order; the broker may not have noticed yet."""
    answer = client.post(PAUSE, json={"paused": True})
    return answer.status_code == 409 and "is not connected to the broker" in answer.text


def test_live_data_are_those_of_the_own_room(hub: LanHub, site: Site) -> None:
    devices = {name: Device(name, room=name) for name in ("pi-1", "pi-2")}
    senders = {name: Client(site, 8883, device=name) for name in devices}

    def publish(name: str) -> None:
        record = json.dumps(devices[name].next())
        senders[name].client.publish(f"{devices[name].root}/counts", record, qos=1).wait_for_publish(SECONDS)

    with hub:
        streams = {"pi-1": Live(hub.client("anna")), "pi-2": Live(hub.client("bert"))}
        for name in ("pi-1", "pi-2", "pi-1", "pi-2"):
            publish(name)
        for name, stream in streams.items():
            seen = [stream.records.get(timeout=SECONDS)["device"] for _ in range(2)]
            assert seen == [name, name]
    for sender in senders.values():
        sender.close()


def test_a_pause_that_cannot_be_sent_is_refused_by_name(hub: LanHub, site: Site) -> None:
    """Where the broker denies the right, the password is wrong, or the hub has no login for commands."""
    credentials(site.folder, "remove", "hub-north-commands")
    site.broker.reload()
    try:
        with hub:
            anna = hub.client("anna")
            answer = until(lambda: answered(anna, "Not authorized", "not authorised", "user"))
            assert answer.status_code == 503
        text = hub.config.read_text()
        hub.config.write_text(text[: text.index("[commands]")] + END + "\n")
        with hub:
            anna = hub.client("anna")
            answer = anna.post(PAUSE, json={"paused": True})
            assert (answer.status_code, "set commands.username" in answer.text) == (503, True)
            assert anna.get(PAUSE).json()["paused"] is None
    finally:
        site.passwords["hub-north-commands"] = credentials(
            site.folder, "commands", "north", "hub-north-commands"
        ).split()[-1]
        site.broker.reload()


def answered(client: httpx2.Client, *words: str) -> Any:
    answer = client.post(PAUSE, json={"paused": True})
    return answer if any(word in answer.text for word in words) else None


def test_a_hub_that_is_killed_resumes_in_time_after_its_restart(hub: LanHub, site: Site) -> None:
    heard: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    device = Client(site, 8883, device="pi-1")
    device.client.on_message = lambda _client, _user, message: heard.put(bytes(message.payload))
    device.subscribe("emotion-edge/v1/north/pi-1/pause/set")
    with hub:
        anna = hub.client("anna")
        until(lambda: anna.get(PAUSE).status_code == 200)
        end = (datetime.now(UTC) + timedelta(seconds=5)).isoformat()
        order = {"paused": True, "until": end}
        assert until(lambda: anna.post(PAUSE, json=order).status_code == 202)
        assert heard.get(timeout=SECONDS) == b"ON"
        assert hub.process is not None
        os.kill(hub.process.pid, signal.SIGKILL)
        hub.process.wait()
    with hub:
        assert heard.get(timeout=SECONDS) == b"OFF"
    device.close()


def test_a_pause_of_others_is_not_said_to_be_the_teachers(hub: LanHub, site: Site) -> None:
    """Somebody resumes by Home Assistant and pauses again: the teacher's order is over, and its end ends nothing."""
    device = Client(site, 8883, device="pi-1")
    device.subscribe("emotion-edge/v1/north/pi-1/pause/set")

    def publish(state: str) -> None:
        topic = "emotion-edge/v1/north/pi-1/pause"
        device.client.publish(topic, state, qos=1, retain=True).wait_for_publish(SECONDS)
        until(lambda: anna.get(PAUSE).json()["paused"] is (state == "ON"))

    with hub:
        anna = hub.client("anna")
        until(lambda: anna.post(PAUSE, json={"paused": True}).status_code == 202)
        publish("ON")
        assert anna.get(PAUSE).json()["by"] == "anna"
        publish("OFF")
        publish("ON")
        assert anna.get(PAUSE).json()["by"] is None
        publish("OFF")
    device.close()
