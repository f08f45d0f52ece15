"""deploy/observability/node-red/flow.json in a real, headless Node-RED at a real broker."""

import json
import os
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT, SECONDS, Mosquitto, Subscriber, free_port, until
from tests.views.published import Device, Sender, password_file

FLOW = ROOT / "deploy" / "observability" / "node-red" / "flow.json"
INSTALLED = Path(os.environ.get("EMOTION_EDGE_NODE_RED", "/var/cache/emotion-edge-node-red"))
SLOT = 300
"""Seconds over which the flow averages."""
SETTINGS = """module.exports = {
    flowFile: "flow.json", credentialSecret: "test", uiHost: "127.0.0.1", uiPort: PORT,
    logging: { console: { level: "info", metrics: false, audit: false } }, editorTheme: { tours: false },
    telemetry: { enabled: false },
};
"""


class NodeRed:
    """A running Node-RED with the flow, deployed as the editor deploys what was imported."""

    def __init__(self, folder: Path, port: int, user: str = "", password: str = "") -> None:
        program = INSTALLED / "node_modules" / "node-red" / "red.js"
        if not program.exists() or shutil.which("node") is None:
            pytest.skip("Node-RED is not there: tests/views/node_red.sh FOLDER, and EMOTION_EDGE_NODE_RED=FOLDER")
        user_folder = folder / "node-red"
        user_folder.mkdir()
        admin = free_port()
        (user_folder / "settings.js").write_text(SETTINGS.replace("PORT", str(admin)))
        environment = os.environ | {
            "HOME": str(folder),
            "EMOTION_EDGE_BROKER": f"mqtt://127.0.0.1:{port}",
            "EMOTION_EDGE_USER": user,
            "EMOTION_EDGE_PASSWORD": password,
            "EMOTION_EDGE_ALERT_SECONDS": "1",
        }
        self._log = folder / "node-red.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                ["node", program, "--userDir", user_folder], stdout=log, stderr=log, env=environment
            )
        try:
            # Flows may start before the server listens.
            until(lambda: all(each in self.log() for each in ("Started flows", "Server now running")), 90)
            self._deploy(admin)
            until(lambda: "Connected to broker" in self.log())
        except BaseException:  # nothing else would end it
            print(self.log())
            self.stop()
            raise

    @staticmethod
    def _deploy(port: int) -> None:
        headers = {"Content-Type": "application/json", "Node-RED-Deployment-Type": "full"}
        request = urllib.request.Request(f"http://127.0.0.1:{port}/flows", FLOW.read_bytes(), headers)
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            assert answer.status == 204

    def log(self) -> str:
        return self._log.read_text()

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@pytest.fixture
def flow(broker: Mosquitto, tmp_path: Path) -> Iterator[NodeRed]:
    running = NodeRed(tmp_path, broker.port)
    yield running
    running.stop()


@pytest.fixture
def derived(broker: Mosquitto) -> Iterator[Subscriber]:
    client = Subscriber(broker.port, "emotion-edge/derived/#")
    yield client
    client.close()


def listens(derived: Subscriber, sender: Sender) -> None:
    """Return when the flow has subscribed: it has told of a device that was offline before it came."""
    alert = derived.next("/north/gone/alert")
    assert alert | {"since": ""} == {
        "site": "north",
        "device": "gone",
        "problem": "offline",
        "state": "begun",
        "since": "",
        "detail": "no connection to the broker",
    }
    sender.say("emotion-edge/v1/north/gone/status", "online", retain=True)
    assert derived.next("/north/gone/alert")["state"] == "over"


@pytest.fixture
def gone(sender: Sender) -> None:
    sender.say("emotion-edge/v1/north/gone/status", "offline", retain=True)


@pytest.mark.usefixtures("gone", "flow")
def test_people_are_averaged_over_what_was_told(derived: Subscriber, sender: Sender) -> None:
    """A repeat is dropped, a withheld interval and practice change no average, what is no record stops nothing."""
    listens(derived, sender)
    device = Device("pi-1", begin=1_700_000_000 // SLOT * SLOT)
    told = [device.next(8.0, happy=2.0), device.next(12.0, happy=4.0)]
    withheld = [device.next(1.0) for _ in range(10)] + [device.next(paused=True)]
    late = device.next(40.0, happy=4.0)
    for record in told:
        sender.send(device, record)
    sender.send(device, told[1], late=True)
    sender.send(device, told[1])
    bad: list[Any] = [b"{", b"null", told[0] | {"seq": "7"}, told[0] | {"device": "pi-2", "seq": 99}]
    bad += [told[0] | {"seq": 98, "faces": {"mean": "many", "max": 1}}]
    for payload in bad:
        sender.say(f"{device.root}/counts", payload)
    for record in withheld:
        sender.send(device, record)
    tried_out = Device("pi-1", begin=1_700_000_000 // SLOT * SLOT)
    sender.send(tried_out, tried_out.next(1.0, happy=1.0) | {"practice": True})
    device.time += SLOT
    sender.send(device, device.next(9.0, happy=4.0))
    people = derived.next("/north/pi-1/people")
    assert people == {
        "site": "north",
        "room": "B12",
        "device": "pi-1",
        "start": told[0]["start"],
        "end": "2023-11-14T22:15:00Z",
        "people": 10.0,
        "seconds_told": 20,
        "seconds_withheld": 110,
        "revised": False,
    }
    sender.send(device, late, late=True)
    revised = derived.next("/north/pi-1/people")
    assert (revised["people"], revised["seconds_told"], revised["revised"]) == (20.0, 30, True)


@pytest.mark.usefixtures("gone", "flow")
def test_a_slot_of_which_nothing_was_told_has_no_number(derived: Subscriber, sender: Sender) -> None:
    listens(derived, sender)
    device = Device("pi-1", begin=1_700_000_000 // SLOT * SLOT)
    sender.send(device, device.next(1.0))
    device.time += SLOT
    sender.send(device, device.next(1.0))
    assert derived.next("/north/pi-1/people")["people"] is None


@pytest.mark.usefixtures("gone", "flow")
def test_a_camera_that_fails_is_told_once_and_when_it_works_again(derived: Subscriber, sender: Sender) -> None:
    listens(derived, sender)
    health: dict[str, Any] = {"observer": "running", "camera": {"state": "retrying", "error": "CameraMissing"}}
    topic = "emotion-edge/v1/north/pi-1/health"
    sender.say(topic, "{")
    sender.say(topic, health)
    alert = derived.next("/north/pi-1/alert")
    assert (alert["problem"], alert["state"], alert["detail"]) == ("camera", "begun", "CameraMissing")
    sender.say(topic, health)
    sender.say(topic, {"observer": "running", "camera": {"state": "paused", "error": None}})
    assert derived.next("/north/pi-1/alert")["state"] == "over"


def test_it_logs_in_with_what_the_environment_holds(tmp_path: Path) -> None:
    passwords = password_file(tmp_path, "board", "swordfish")
    broker = Mosquitto(tmp_path, f"allow_anonymous false\npassword_file {passwords}")
    broker.start()
    try:
        NodeRed(tmp_path, broker.port, "board", "swordfish").stop()
    finally:
        broker.stop()


def test_the_flow_holds_no_secret_and_subscribes_to_both_topics() -> None:
    nodes = json.loads(FLOW.read_text())
    topics = {node["topic"]: node["qos"] for node in nodes if node["type"] == "mqtt in"}
    assert topics["emotion-edge/v1/+/+/counts"] == topics["emotion-edge/v1/+/+/counts/backfill"] == "1"
    (broker,) = (node for node in nodes if node["type"] == "mqtt-broker")
    assert all(value.startswith("${") for value in broker["credentials"].values())
    assert broker["cleansession"] is False
