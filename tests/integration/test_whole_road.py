"""Frames in, counts out: real processes, a real broker, a real subscriber."""

import json
import math
import os
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from edge.contract.records import EMOTIONS, PublishedRecord
from edge.model.path import model_path
from tests.conftest import Mosquitto, Subscriber, data
from tests.support.daemon import Daemon, write_config
from tests.support.defocus import defocused
from tests.support.light import dimmed
from tests.support.models import described_model
from tests.support.pictures import scene_frame
from tests.support.root import looks_into_processes


def full(record: dict[str, Any]) -> bool:
    """Whether an interval was observed from its start to its end."""
    return bool(record["frames"]["analysed"] >= record["frames"]["expected"] - 1)


def all_confirmed(record: dict[str, Any]) -> bool:
    """Whether the people of the scene were confirmed by then: on a loaded machine later than in the first interval."""
    return full(record) and record["faces"]["mean"] >= 3.5


def test_the_mosaic_of_twelve_people_is_counted_as_twelve(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    """The clip's truth is 12 faces in every frame.

    A loaded machine searches less often: it confirms people late and may lose one for a while, but never sees too many.
    `tests.measure_count` measures the error without a clock.
    """

    def counted(record: dict[str, Any]) -> bool:
        return full(record) and record["faces"]["mean"] >= 10.5

    clip = data("video/mosaic12.mp4")
    config = write_config(tmp_path, broker.port, camera={"source": str(clip), "loop": True})
    with Daemon(tmp_path, "run", "--config", config):
        records = [subscriber.next("/counts", counted) for _ in range(3)]
    seen = [record for topic, record, _retained in subscriber.seen if topic.endswith("/counts")]
    assert max(record["faces"]["mean"] or 0 for record in seen) <= 12.5
    assert max(record["faces"]["max"] or 0 for record in seen) <= 13
    assert len({record["boot"] for record in records}) == 1


def test_the_scene_arrives_as_the_contract_says(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber) -> None:
    model, _ = described_model(tmp_path, error_of_groups={"people": [1], "share": [0.5]})
    shutil.copy(model_path("standard"), model)
    config = write_config(tmp_path, broker.port, vision={"model": str(model)})
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        health = subscriber.next("/health", lambda health: health["camera"] and health["camera"]["state"] == "running")
        info = subscriber.ever("/info", lambda info: info["model"] is not None)  # first where the broker came late
        record = subscriber.next("/counts", all_confirmed)
        assert daemon.stop() == 0

    root = "emotion-edge/v1/north/pi-test"
    assert record == json.loads(PublishedRecord.model_validate(record, strict=False).model_dump_json(by_alias=True))
    assert (record["site"], record["room"], record["schema"]) == ("north", "B12", 1)
    assert record["faces"]["mean"] <= 5.0
    assert record["emotions"]["happy"] >= 1.0
    total = sum(record["emotions"][name] for name in EMOTIONS) + record["unsure"]
    assert total == pytest.approx(record["faces"]["mean"], abs=0.01)
    assert record["emotions_error"] == math.ceil(5 * record["faces"]["mean"]) / 10
    assert info["last_exit"] == "unknown"
    assert info["privacy"] == {"min_group": 1, "max_share": 1.0, "min_cell": 0.0}
    assert record["model"] == info["model"]
    assert health["camera"] == {"state": "running", "error": None, "restarts": 0}
    assert health["refused_at_door"] == 0
    assert health["seconds_between_scans"] >= 1

    subscriber.next("/status", lambda status: status == "offline")
    # A record that was ready before the broker comes as backfill.
    assert {topic for topic, _payload, _retained in subscriber.seen} - {f"{root}/counts/backfill"} == {
        "homeassistant/device/pi-test/config",
        *(f"{root}/{leaf}" for leaf in ("status", "counts", "health", "info", "pause")),
    }
    late = Subscriber(broker.port)
    assert late.next("/status") == "offline"
    kept = {topic for topic, _payload, retained in late.seen if retained and not topic.startswith("homeassistant/")}
    assert kept <= {f"{root}/status", f"{root}/info", f"{root}/pause"}
    late.close()


@looks_into_processes
def test_it_fits_a_small_pi(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages that observer and camera process share (interpreter, OpenCV) are there once, so they count once: Pss."""
    for name in list(os.environ):
        if name.startswith("COVERAGE"):
            monkeypatch.delenv(name)  # measuring coverage takes memory of its own
    with Daemon(tmp_path, "run", "--config", write_config(tmp_path, broker.port)) as daemon:
        subscriber.next("/counts", full)
        megabytes = {name: proportional_megabytes(pid) for name, pid in daemon.children().items()}
    assert megabytes["observe"] + megabytes["camera"] <= 160, megabytes
    assert megabytes["publish"] <= 45, megabytes


def proportional_megabytes(pid: int) -> float:
    """Proportional set size of a process, see proc(5) smaps_rollup."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def test_a_small_group_is_withheld(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber) -> None:
    config = write_config(tmp_path, broker.port, privacy={"min_group": 8})
    with Daemon(tmp_path, "run", "--config", config):
        record = subscriber.next("/counts", full)
    assert record["suppressed"] == "below_min_group"
    assert set(record["emotions"].values()) == set(record["faces"].values()) == {None}
    assert set(record["observations"].values()) == {record["unsure"]} == {None}


def test_a_room_too_dark_to_tell_is_not_observed_rather_than_empty(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber
) -> None:
    night = dimmed(scene_frame(), 0.02, 1, np.random.default_rng(0))
    cv2.imwrite(str(tmp_path / "night.png"), night)
    config = write_config(tmp_path, broker.port, camera={"source": str(tmp_path / "night.png"), "loop": True})
    with Daemon(tmp_path, "run", "--config", config):
        subscriber.next("/health", lambda health: health["picture"] == "too_dark")
        record = subscriber.next("/counts")
    assert (record["suppressed"], record["faces"]["mean"]) == ("not_observed", None)


@pytest.mark.parametrize("picture", ["upside_down", "out_of_focus"])
def test_a_camera_that_cannot_see_people_says_so_and_is_no_empty_room(
    tmp_path: Path, broker: Mosquitto, subscriber: Subscriber, picture: str
) -> None:
    blurred = defocused(scene_frame(), 0.03, 1, np.random.default_rng(0))
    frame = blurred if picture == "out_of_focus" else np.rot90(scene_frame(), 2)
    cv2.imwrite(str(tmp_path / "view.png"), frame)
    config = write_config(tmp_path, broker.port, camera={"source": str(tmp_path / "view.png"), "loop": True})
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        health = subscriber.next("/health", lambda health: health["picture"] not in {None, "good"})
        record = subscriber.next("/counts", lambda record: record["suppressed"])
        assert daemon.stop() == 0
    assert health["picture"] == picture
    assert (record["suppressed"], record["faces"]["mean"]) == ("not_observed", None)
    assert picture.replace("_", " ") in daemon.log.read_text()


@looks_into_processes
def test_presence_counts_faces_and_loads_no_model(tmp_path: Path, broker: Mosquitto, subscriber: Subscriber) -> None:
    config = write_config(tmp_path, broker.port)
    config.write_text(f'mode = "presence"\n{config.read_text()}')
    with Daemon(tmp_path, "run", "--config", config) as daemon:
        info = subscriber.next("/info", lambda info: info["model"] is not None)
        record = subscriber.next("/counts", all_confirmed)
        observer = daemon.children()["observe"]
        assert "tflite" not in Path(f"/proc/{observer}/maps").read_text()
    assert (record["mode"], record["suppressed"], info["mode"], info["runtime"]) == (
        "presence",
        None,
        "presence",
        "opencv",
    )
    assert record["faces"]["mean"] <= 5.0
    assert set(record["emotions"].values()) | set(record["observations"].values()) | {record["unsure"]} == {None}
    assert record["model"] == info["model"]
    assert record["model"].startswith("haar-cascade (sha256 ")
