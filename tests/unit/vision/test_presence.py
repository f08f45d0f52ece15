"""NullClassifier mode: people are counted, and nothing that could tell an emotion is computed, loaded or sent."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from edge.cli import main
from edge.commands.check_config import check
from edge.config import Vision
from edge.contract.records import IntervalRecord, PrivacyNote
from edge.counting.interval import IntervalCounter, Person
from edge.privacy.disclosure import disclose
from edge.vision.pipeline import Pipeline
from tests.conftest import ROOT
from tests.support.counts import record, values
from tests.support.pictures import scene_frame

pytestmark = pytest.mark.usefixtures("quick_searches")


def test_the_people_of_the_scene_are_counted_without_a_model() -> None:
    pipeline = Pipeline(Vision(), "presence")
    counter = IntervalCounter(0.4, mode="presence")
    for now in range(4):
        counter.add(pipeline.analyse(scene_frame(12.0 + now / 10), now))
    counted = counter.close(4)
    assert counted.faces.max == 5
    assert counted.faces.mean == pytest.approx(5.0, abs=0.1)
    assert counted.mode == "presence"
    assert {*counted.emotions.model_dump().values(), *counted.observations.model_dump().values(), counted.unsure} == {
        None
    }
    assert pipeline.classifier.name.startswith("haar-cascade (sha256 ")


def test_someone_held_from_memory_weighs_as_in_the_other_mode() -> None:
    counters = IntervalCounter(0.0), IntervalCounter(0.0, mode="presence")
    for counter, shown in zip(counters, ((1.0, *[0.0] * 6), ()), strict=True):
        counter.add([Person(1, shown), Person(2, shown)])
        counter.add([Person(1, shown), Person(2, None, 0)])
        counter.add([Person(1, shown)])
        counter.add([Person(1, shown), Person(2, shown, 2)])
    emotions, presence = (counter.close(4).faces for counter in counters)
    assert presence == emotions


def test_no_model_and_no_runtime_is_loaded() -> None:
    code = """
import sys
from edge.config import Vision
from edge.vision.pipeline import Pipeline
Pipeline(Vision(model="/nowhere.tflite"), "presence")
print([name for name in sys.modules if "tflite" in name or "litert" in name])
print("tflite" in open("/proc/self/maps").read())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]\nFalse"


def test_small_groups_are_withheld_and_larger_ones_told_with_the_mark_of_the_mode() -> None:
    counter = IntervalCounter(0.4, mode="presence")
    counter.add([Person(track, ()) for track in range(6)])
    seen = counter.close(1)
    told = disclose(seen, PrivacyNote(min_group=5, max_share=0.9, min_cell=2.0), withheld=False)
    assert (told.mode, told.suppressed, told.faces.mean, told.emotions.happy) == ("presence", None, 6.0, None)
    hidden = disclose(seen, PrivacyNote(min_group=7, max_share=0.9, min_cell=0.0), withheld=False)
    assert hidden.suppressed == "below_min_group"
    assert set(values(hidden)) == {None}


def test_the_door_lets_no_emotion_through_in_presence_mode() -> None:
    with pytest.raises(ValueError, match="has emotions in presence mode"):
        record(mode="presence")
    with pytest.raises(ValueError, match="has a null count"):
        IntervalRecord.model_validate(record().model_dump() | {"unsure": None})


def test_check_config_needs_no_model_then(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('mode = "presence"\n[device]\nsite = "north"\nroom = "B12"\n[vision]\nmodel = "/nowhere.tflite"\n')
    assert check(file) == []


def test_count_names_no_emotion_then(tmp_path: Path) -> None:
    config, picture = tmp_path / "config.toml", tmp_path / "scene.pgm"
    config.write_text('mode = "presence"\n')
    luma = np.ascontiguousarray(scene_frame(12.0))
    picture.write_bytes(b"P5 %d %d 255\n" % luma.shape[::-1] + luma.tobytes())
    done = CliRunner().invoke(main, ["count", "--json", "--config", str(config), str(picture)])
    faces = json.loads(done.stdout)["faces"]
    assert len(faces) == 5
    assert all(face["emotion"] is None and face["probabilities"] == {} for face in faces)
