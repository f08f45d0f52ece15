"""Model files that were changed together with the digest beside them: an error by name, or a model, never a crash."""

import hashlib
import json
import random
import subprocess
import time
from pathlib import Path

import pytest

from edge.config import SHIPPED_MODELS, Vision
from edge.errors import UnusableModel
from edge.model.path import model_path
from edge.model.shipped import DIGESTS
from edge.model.structure import Unsound, check_structure
from edge.vision.classifier import EmotionClassifier
from tests.conftest import SECONDS
from tests.support.daemon import command, write_config

FROM_THE_START, FROM_THE_END = 4_000, 12_000
"""Where the structure of a file lies; the weights are between."""


def mutant(seed: int) -> bytes:
    """Return the small model with one to eight bytes of its structure changed."""
    chance = random.Random(seed)
    content = bytearray(model_path("small").read_bytes())
    for _ in range(chance.choice((1, 2, 4, 8))):
        at = chance.choice((chance.randrange(FROM_THE_START), len(content) - 1 - chance.randrange(FROM_THE_END)))
        content[at] = chance.choice((0, 0xFF, content[at] ^ (1 << chance.randrange(8)), chance.randrange(256)))
    return bytes(content)


def write(folder: Path, content: bytes) -> Path:
    """Write a model with metadata that fit it."""
    described = json.loads(model_path("small").with_suffix(".json").read_text())
    file = folder / "own.tflite"
    file.write_bytes(content)
    file.with_suffix(".json").write_text(json.dumps(described | {"sha256": hashlib.sha256(content).hexdigest()}))
    return file


@pytest.mark.parametrize("seed", [3, 7, 13, 21])
def test_a_changed_model_is_refused_by_name_or_works(tmp_path: Path, seed: int) -> None:
    """The runtime alone dies of 7 and of 13 by a segmentation fault."""
    model = write(tmp_path, mutant(seed))
    config = write_config(tmp_path, 9, vision={"model": str(model)})
    done = subprocess.run(command("check-config", config), capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode in {0, 78}, done.stderr
    if done.returncode:
        assert f"{config}: {model}: " in done.stdout
        assert "set vision.model to standard" in done.stdout


def test_the_observer_ends_with_a_configuration_error(tmp_path: Path) -> None:
    model = write(tmp_path, mutant(7))
    config = write_config(tmp_path, 9, vision={"model": str(model)})
    words = command("observe", "--config", config)
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=4 * SECONDS)
    assert done.returncode == 78, done.stderr
    assert f"{model}: is damaged: an offset leads to byte" in done.stderr


def test_no_offset_leads_out_of_a_changed_file() -> None:
    """The same, of many files, without a runtime."""
    refused = 0
    for seed in range(150):
        try:
            check_structure(mutant(seed))
        except Unsound:
            refused += 1
    assert refused > 15, "the changes do hit the structure"


def test_a_file_that_names_itself_again_and_again_ends() -> None:
    """A vector of tables whose elements are one vector of tables, and so on."""
    with pytest.raises(Unsound):
        check_structure(b"\x04\x00\x00\x00" * 1000)
    begun = time.process_time()
    with pytest.raises(Unsound):
        check_structure(bytes(10_000))
    assert time.process_time() - begun < SECONDS


def test_a_model_that_takes_too_long_or_too_much_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = model_path("small").read_bytes()
    model = write(tmp_path, content + b"\0")
    for program, problem in (
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "ended the process that tried it by SIGSEGV"),
        ("raise MemoryError", "ended the process that tried it with exit code 1"),
        ("import time; time.sleep(60)", "gives no answer within 0.5 s"),
    ):
        monkeypatch.setattr("edge.vision.trial.isolated", lambda *_, program=program: ["python3", "-c", program])
        monkeypatch.setattr("edge.vision.trial.SECONDS", 0.5 if "sleep" in program else SECONDS)
        with pytest.raises(UnusableModel, match=problem):
            EmotionClassifier(Vision(model=str(model)))


def test_an_own_model_is_used_after_its_trial(tmp_path: Path) -> None:
    model = write(tmp_path, model_path("small").read_bytes() + b"\0")
    assert EmotionClassifier(Vision(model=str(model))).name


@pytest.mark.parametrize("model", SHIPPED_MODELS)
def test_the_shipped_models_are_those_of_this_release(model: str) -> None:
    assert hashlib.sha256(model_path(model).read_bytes()).hexdigest() == DIGESTS[model], "edge/model/shipped.py"


def test_an_exchanged_shipped_model_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = write(tmp_path, mutant(21))
    monkeypatch.setattr("edge.vision.classifier.model_path", lambda _name: own)
    with pytest.raises(UnusableModel, match="is not the model standard of this release"):
        EmotionClassifier(Vision())
