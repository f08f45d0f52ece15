"""The files of a state directory, and a publisher's start on them."""

import re
from pathlib import Path
from typing import Any

from edge.config import HomeAssistant, Settings
from edge.config import Spool as SpoolSettings
from edge.contract.topics import Topics
from edge.mqtt.events import Question, Retained
from edge.pause.memory import remembered
from edge.privacy.settings import PrivacyStore
from edge.publisher.former_topics import FormerTopics
from edge.publisher.home_assistant.announcer import Announcer
from edge.publisher.spool.spool import Spool
from edge.publisher.state.run_state import RunState
from edge.system.configuration import Configuration
from edge.system.configuration_hash import make_configuration_hash
from edge.system.identity import device_id
from edge.system.last_configuration import LastConfiguration
from edge.system.running import read_running
from edge.system.state_file import files_set_aside
from edge.system.state_lock import StateLock

CONFIG = Path("/etc/emotion-edge/config.toml")
STATE_FILES = {
    "device-id": b"dev-0123456789ab\n",
    "last-exit": b"clean\n",
    "published-as": b"emotion-edge/v1/north/pi-test\n",
    "home-assistant": b"homeassistant/device/pi-test/config\n",
    "running.json": b'{"publisher":"0123456789ab","observer":"","reload_pid":42}\n',
    "pause.json": b'{"remote":false,"button":false}\n',
    "privacy.json": b'{"min_group":5,"max_share":0.9,"min_cell":0.0}\n',
    "configuration-key": b"0" * 64 + b"\n",
    "last-configuration.json": LastConfiguration.sealed(CONFIG, "", Settings(), "").model_dump_json().encode(),
}


def start(settings: Settings) -> str:
    """Read and use every state file as a publisher does at its start; return the device's id."""
    state = Path(settings.spool.directory)
    settings = settings.model_copy(update={"device": settings.device.model_copy(update={"id": ""})})
    known = device_id(settings, state / "no-serial-number")
    topics, sent, asked = Topics(settings, "pi-test"), list[Any](), list[Question]()
    lock = StateLock(state)
    read_running(state)
    lock.close()
    run_state = RunState(state, settings, configuration := Configuration(CONFIG))
    run_state.begin()
    assert set(configuration.former_intervals(state, "")) <= {10.0}
    run_state.close()
    announcer = Announcer(HomeAssistant(), topics, "pi-test", state, str, sent.append)
    former = FormerTopics(state, topics, sent.append, asked.append, announcer.of_former_id, announcer.forget_former_id)
    former.connected("5")
    for question in asked:
        former.answered(Retained(question.token, {}))
    announcer.connected()
    assert not [message.topic for message in sent if re.search(r"[+#\x00-\x20\x7f-\x9f\ufffd]", message.topic)]
    remembered(state / "pause.json")
    PrivacyStore(state, settings.privacy)
    Spool(state, SpoolSettings()).close()
    assert make_configuration_hash(settings)
    return known


def spool_payload(seq: int) -> dict[str, Any]:
    """Return what a spool needs of a payload."""
    return {"boot": "6f1c2a9e", "seq": seq, "clock": "synced", "faces": {"mean": 5.0}}


def sound_spool(directory: Path) -> bytes:
    """Return a spool of three records, as an orderly stop leaves it in `directory`."""
    spool = Spool(directory, SpoolSettings())
    for seq in range(3):
        spool.add(spool_payload(seq), 1000.0)
    spool.close()
    return (directory / "spool.sqlite").read_bytes()


def spool_goes_on(directory: Path) -> tuple[int, bool]:
    """Open a spool, store a record and read all; return how many of the old ones are left, and whether it was sound."""
    spool = Spool(directory, SpoolSettings())
    assert not spool.problem
    spool.add(spool_payload(100), 2000.0)
    assert spool.store()
    found = spool.after(0)
    assert not spool.problem
    spool.close()
    seqs = [record.seq for record in found]
    assert seqs.count(100) == 1
    return len(set(seqs)) - 1, not files_set_aside(directory)
