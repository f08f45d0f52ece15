"""What a person sees in a real Home Assistant: the values, why there are none, and that a device can leave."""

import json
import os
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from edge.contract.records import EMOTIONS
from tests.conftest import ROOT, SECONDS, Mosquitto, Remote, Subscriber, until
from tests.support.daemon import Daemon, command, processes, write_config

VENV = Path(os.environ.get("EMOTION_EDGE_HOME_ASSISTANT", ROOT / ".venv-home-assistant"))
PYTHON = VENV / "bin" / "python"
START_SECONDS = 90.0
BACK_SECONDS = 10.0
"""After a power cut of broker and Home Assistant the entities have to be there again so soon."""
COUNTS = ("faces_mean", "faces_max", "unsure", *EMOTIONS)
STATE = ("camera", "paused_by", "practice", "picture", "clock", "throttled", "soc_celsius", "seconds_between_scans")
ALWAYS = "pi-test_connected"
"""Available while the device is not connected, too: it says just that."""
SHOWN = {
    f"pi-test_{name}" for name in (*COUNTS, "emotions_error", "occupancy", "suppressed", *STATE, "dropped", "pause")
}

pytestmark = [
    pytest.mark.skipif(
        not PYTHON.exists(), reason="tests/views/home_assistant.sh VENV, and EMOTION_EDGE_HOME_ASSISTANT=VENV"
    ),
    pytest.mark.timeout(1200),
]


class HomeAssistant:
    """A real one in a process of its own; `folder` is its memory."""

    def __init__(self, folder: Path, port: int) -> None:
        self.log = folder / "home-assistant" / "home-assistant.log"
        with (folder / "home-assistant.err").open("ab") as errors:
            self._process = subprocess.Popen(
                [PYTHON, Path(__file__).with_name("home_assistant_probe.py"), folder / "home-assistant", str(port)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()
        assert json.loads(self._answers.get(timeout=START_SECONDS)) == {"ready": True}

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._answers.put(line)

    def ask(self, question: str, name: str = "") -> dict[str, Any]:
        assert self._process.stdin is not None
        asked = {"ask": question} | ({"unique_id": f"pi-test_{name}"} if name else {})
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._answers.get(timeout=START_SECONDS))
        return answer

    def states(self) -> dict[str, str | None]:
        """Return the state of every entity by its unique id."""
        found: dict[str, str | None] = self.ask("states")["states"]
        return found

    def state(self, name: str) -> str | None:
        return self.states().get(f"pi-test_{name}")

    def await_states(self, wanted: Callable[[dict[str, str | None]], Any], seconds: float = 2 * SECONDS) -> Any:
        return until(lambda: wanted(self.states()), seconds)

    def complaints(self) -> list[str]:
        """Return what it logged of MQTT."""
        return [line for line in self.log.read_text().splitlines() if "components.mqtt" in line]

    def close(self) -> None:
        """End it in order, so that it stores what it would restore."""
        if self._process.poll() is None:
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            self._process.wait(START_SECONDS)
        finally:
            self._process.kill()
            self._process.wait()


Start = Callable[[], HomeAssistant]


@pytest.fixture
def start(tmp_path: Path, broker: Mosquitto) -> Iterator[Start]:
    """Starts Home Assistant on `broker`, with what it remembers."""
    started: list[HomeAssistant] = []

    def one() -> HomeAssistant:
        started.append(HomeAssistant(tmp_path, broker.port))
        return started[-1]

    yield one
    for home_assistant in started:
        home_assistant.close()


def same(states: dict[str, str | None], record: dict[str, Any]) -> bool:
    """Whether Home Assistant shows just what a record says."""
    shown = {name: states.get(f"pi-test_{name}") or "missing" for name in COUNTS}
    known = all(value not in {"missing", "unknown", "unavailable"} for value in shown.values())
    faces, rest = record["faces"], record["emotions"] | {"unsure": record["unsure"]}
    told = {"faces_mean": faces["mean"], "faces_max": faces["max"]} | rest
    return known and {name: float(value) for name, value in shown.items()} == told


def camera_is_open(daemon: Daemon) -> bool:
    return "camera" in daemon.children()


def test_every_entity_shows_what_the_record_says_and_a_withheld_one_is_unknown(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, remote: Remote, start: Start
) -> None:
    config = write_config(tmp_path, broker.port, home_assistant={"page": "https://hub.school.example"})
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        subscriber.next("/config")
        home_assistant = start()

        def matches(states: dict[str, str | None]) -> bool:
            while not subscriber.messages.empty():
                subscriber.seen.append(subscriber.messages.get())
            records = [payload for topic, payload, _retained in subscriber.seen if topic.endswith("/counts")]
            return any(same(states, record) for record in records if record["suppressed"] is None)

        home_assistant.await_states(matches)
        states = home_assistant.states()
        assert set(states) == SHOWN | {ALWAYS, "pi-test_backlog"}, "and nothing that could show a picture"
        assert states["pi-test_backlog"] is None, "it is there for who enables it"
        assert home_assistant.state("suppressed") == "nothing"
        home_assistant.await_states(lambda states: states["pi-test_camera"] == "off")
        assert home_assistant.state("pause") == "off"
        assert home_assistant.state("paused_by") == "nobody"
        home_assistant.await_states(lambda states: states["pi-test_occupancy"] == "on")  # for some time nobody is there
        assert home_assistant.state("connected") == "on"
        assert home_assistant.state("clock") in {"synced", "unsynced"}
        assert float(home_assistant.state("seconds_between_scans") or "nan") >= 0
        assert home_assistant.state("dropped") == "0"
        happy = home_assistant.ask("details", "happy")
        assert happy["entity_id"] == "sensor.emotion_edge_b12_happy"
        assert happy["area"] == "B12"
        assert happy["attributes"]["state_class"] == "measurement"
        assert happy["attributes"]["unit_of_measurement"] == "people"
        assert happy["attributes"]["friendly_name"] == "emotion-edge B12 Happy"
        assert (happy["serial"], happy["link"]) == ("pi-test", "https://hub.school.example/#/north/pi-test")
        assert home_assistant.ask("details", "faces_mean")["entity_id"] == "sensor.emotion_edge_b12_people"

        remote.say("privacy/set", '{"min_cell": 2}')
        home_assistant.await_states(lambda states: states.get("pi-test_other") not in {None, "unknown", "unavailable"})
        remote.say("privacy/set", '{"min_group": 50}')
        home_assistant.await_states(lambda states: states["pi-test_suppressed"] == "below_min_group")
        states = home_assistant.states()
        assert {states[f"pi-test_{name}"] for name in (*COUNTS, "occupancy", "other")} == {"unknown"}

        assert daemon.stop() == 0
        shown = {*SHOWN, "pi-test_other"}
        home_assistant.await_states(lambda states: {states[name] for name in shown} == {"unavailable"})
        assert home_assistant.state("connected") == "off"
        assert not home_assistant.complaints()


def test_after_a_power_cut_of_broker_and_home_assistant_all_is_there_again_soon(
    tmp_path: Path, broker: Mosquitto, start: Start
) -> None:
    def available(states: dict[str, str | None]) -> bool:
        return set(states) >= SHOWN and "unavailable" not in {states[name] for name in SHOWN}

    with Daemon(tmp_path, "run", "--config", write_config(tmp_path, broker.port)):
        start_one = start()
        start_one.await_states(available)
        broker.stop()  # it has no disk: what was retained is lost, too
        start_one.await_states(lambda states: {states[name] for name in SHOWN} == {"unavailable"})
        start_one.close()
        broker.start()
        home_assistant = start()
        begun = time.monotonic()
        home_assistant.await_states(available)
        took = time.monotonic() - begun
        print(f"available {took:.1f} s after both were up")
        assert took <= BACK_SECONDS


def test_its_switch_closes_the_camera_and_opens_it_again(tmp_path: Path, broker: Mosquitto, start: Start) -> None:
    with Daemon(tmp_path, "run", "--config", write_config(tmp_path, broker.port)) as daemon:
        home_assistant = start()
        home_assistant.await_states(lambda states: states.get("pi-test_pause") == "off")
        until(lambda: camera_is_open(daemon))
        camera = daemon.children()["camera"]
        home_assistant.ask("turn_on", "pause")
        until(lambda: camera not in [pid for pid, _parent, _words in processes()])
        home_assistant.await_states(lambda states: states["pi-test_pause"] == "on")
        home_assistant.await_states(lambda states: states["pi-test_suppressed"] == "paused")
        home_assistant.await_states(lambda states: states["pi-test_paused_by"] == "remote")
        assert home_assistant.state("faces_mean") == "unknown"
        home_assistant.ask("turn_off", "pause")
        until(lambda: camera_is_open(daemon))
        home_assistant.await_states(lambda states: states["pi-test_pause"] == "off")


def test_the_blueprint_notifies_of_a_device_that_is_not_connected(
    tmp_path: Path, broker: Mosquitto, start: Start
) -> None:
    memory = tmp_path / "home-assistant"
    shutil.copytree(ROOT / "deploy" / "home-assistant" / "blueprints", memory / "blueprints")
    (memory / "automations.yaml").write_text(
        "- id: trouble\n  alias: Trouble\n  use_blueprint:\n    path: emotion-edge/room_trouble.yaml\n    input:\n"
        "      connected: binary_sensor.emotion_edge_b12_connected\n"
        "      camera_problem: binary_sensor.emotion_edge_b12_camera_problem\n      minutes: 0\n"
    )
    home_assistant = start()
    with Daemon(tmp_path, "publish", "--config", write_config(tmp_path, broker.port)):
        home_assistant.await_states(lambda states: states.get(ALWAYS) == "on")
        before = len(home_assistant.ask("notifications")["notifications"])
    until(lambda: len(home_assistant.ask("notifications")["notifications"]) > before)
    *_, said = home_assistant.ask("notifications")["notifications"]
    assert said.startswith("emotion-edge B12: the device is not connected; see whether it has power")


def test_the_card_names_entities_that_are_there(tmp_path: Path, broker: Mosquitto, start: Start) -> None:
    card = yaml.safe_load((ROOT / "deploy" / "home-assistant" / "card.yaml").read_text())
    named = {each["entity"] for part in card["cards"] for each in part["entities"]}
    with Daemon(tmp_path, "publish", "--config", write_config(tmp_path, broker.port)):
        home_assistant = start()
        home_assistant.await_states(lambda states: set(states) >= SHOWN)
        there = {home_assistant.ask("details", name.removeprefix("pi-test_"))["entity_id"] for name in SHOWN | {ALWAYS}}
    assert named <= there


def test_a_decommissioned_device_is_gone(tmp_path: Path, broker: Mosquitto, start: Start) -> None:
    config = write_config(tmp_path, broker.port)
    with Daemon(tmp_path, "run", "--config", config):
        home_assistant = start()
        home_assistant.await_states(lambda states: set(states) >= SHOWN)
    done = subprocess.run(
        command("decommission", "--config", config), capture_output=True, text=True, check=False, timeout=SECONDS
    )
    assert done.returncode == 0, done.stderr
    home_assistant.await_states(lambda states: not states)
    home_assistant.close()
    assert start().states() == {}


def test_a_device_that_changes_to_presence_loses_its_emotions(tmp_path: Path, broker: Mosquitto, start: Start) -> None:
    config = write_config(tmp_path, broker.port)
    home_assistant = start()
    with Daemon(tmp_path, "publish", "--config", config):
        home_assistant.await_states(lambda states: set(states) >= SHOWN)
    config.write_text(f'mode = "presence"\n{config.read_text()}')
    with Daemon(tmp_path, "publish", "--config", config):
        emotions = {f"pi-test_{name}" for name in (*EMOTIONS, "unsure", "other", "emotions_error")}
        home_assistant.await_states(lambda states: not emotions & set(states) and "pi-test_faces_mean" in states)
    assert not home_assistant.complaints()
