"""kill -9 in the midst of the ingestion: nothing is lost, nothing is there twice."""

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from edge.hub.settings import load
from edge.hub.store.database import Database
from edge.hub.store.history import History
from tests.conftest import ROOT, SECONDS, Mosquitto, until
from tests.hub.running import write_hub_config
from tests.hub.stored import sums_kept, sums_of_all
from tests.views.published import Device, Sender

KILLS = 200 if "EMOTION_EDGE_FAULTS" in os.environ else 10
_BEFORE_A_KILL = 40
"""Records of each round."""


def begin(config: Path) -> subprocess.Popen[str]:
    with config.with_suffix(".log").open("ab") as log:
        command = [sys.executable, "-m", "tests.hub.ingest_alone", str(config)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, cwd=ROOT)


@pytest.mark.timeout(60 * KILLS)
def test_kills_lose_nothing_and_double_nothing(url: str, tmp_path: Path, queueing: Mosquitto, sender: Sender) -> None:
    """It is killed right after a commit, or a moment later, in the midst of the next."""
    config = write_hub_config(tmp_path, queueing.port, url)
    device = Device("pi-1")
    chance = random.Random(23)
    first = begin(config)
    database = Database(load(config))
    history = History(database)
    until(lambda: "subscribed" in config.with_suffix(".log").read_text())
    hub, published = first, []
    for _ in range(KILLS):
        published += [device.next() for _ in range(_BEFORE_A_KILL)]
        handed = [sender.hand_over(f"{device.root}/counts", record) for record in published[-_BEFORE_A_KILL:]]
        assert hub.stdout is not None
        line: list[str] = []
        reader = threading.Thread(target=lambda pipe=hub.stdout, into=line: into.append(pipe.readline()), daemon=True)
        reader.start()
        reader.join(SECONDS)
        assert line, config.with_suffix(".log").read_text()
        if chance.random() < 0.5:
            reader.join(chance.random() * 0.02)
        hub.kill()
        hub.wait(SECONDS)
        for each in handed:
            each.wait_for_publish(SECONDS)
        hub = begin(config)
    until(lambda: len(list(history.every_record(None, 0, 2**33))) >= len(published))
    hub.kill()
    hub.wait(SECONDS)
    assert list(history.every_record(None, 0, 2**33)) == published
    assert sums_kept(database) == sums_of_all(database)
    database.engine.dispose()
