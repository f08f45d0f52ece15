"""The data readers and the measures behind the model card."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models.training.calibrate import fit
from models.training.candidates import Candidates, rejection
from models.training.dataset import LABELS, VOTES, DatasetError, load
from models.training.evaluate import calibration_error, evaluate
from models.training.groups import coverage, fitted_on_others, group_errors
from models.training.hardships import damaged
from models.training.model_file import Answers
from models.training.natural import halves
from models.training.recipe import RECIPE, SHIPPED
from tests.conftest import ROOT

FACES = np.random.default_rng(0).integers(0, 256, (6, 48, 48), np.uint8)
USAGES = ["Training"] * 3 + ["PublicTest"] * 2 + ["PrivateTest"]


def write_csv(file: Path, header: str = "emotion,pixels,Usage") -> Path:
    rows = [
        f"{i},{' '.join(map(str, face.ravel()))},{usage}"
        for i, (face, usage) in enumerate(zip(FACES, USAGES, strict=True))
    ]
    file.write_text("\n".join([header, *rows]) + "\n")
    return file


def write_votes(file: Path, rows: int = 6) -> Path:
    counts = [f"Training,fer{i:07}.png,{i},10,0,0,0,0,0,0,0,0" for i in range(rows)]
    file.write_text("\n".join(["Usage,Image name," + ",".join(VOTES), *counts]) + "\n")
    return file


def test_the_public_csv_is_read_with_its_votes(tmp_path: Path) -> None:
    splits = load(write_csv(tmp_path / "fer2013.csv"), write_votes(tmp_path / "fer2013new.csv"))
    assert {name: len(split.labels) for name, split in splits.items()} == {"train": 3, "public": 2, "private": 1}
    assert np.array_equal(splits["public"].images, FACES[3:5])
    assert splits["public"].labels.tolist() == [3, 4]
    assert splits["private"].votes[0, :2].tolist() == [5, 10]


def test_without_votes_nobody_was_asked(tmp_path: Path) -> None:
    assert not load(write_csv(tmp_path / "fer2013.csv"))["train"].votes.any()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: folder / "absent.npz", "absent.npz: no such file; pass --data"),
        (lambda folder: write_csv(folder / "other.csv", "label,pixels,Usage"), "other.csv: not FER-2013 .'emotion'"),
        (lambda folder: _bytes(folder / "broken.npz"), "broken.npz: not FER-2013"),
        (lambda folder: _other_arrays(folder / "other.npz"), "other.npz: not FER-2013 .*images"),
    ],
)
def test_another_file_is_named_with_what_is_wrong(tmp_path: Path, make: object, message: str) -> None:
    assert callable(make)
    with pytest.raises(DatasetError, match=message):
        load(make(tmp_path))


def _bytes(file: Path) -> Path:
    file.write_bytes(b"PK\x03\x04 not a zip")
    return file


def _other_arrays(file: Path) -> Path:
    np.savez(file, pictures=FACES)
    return file


def test_votes_for_other_pictures_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="fer2013new.csv has 5 rows of 10 votes, not 6 of 10"):
        load(write_csv(tmp_path / "fer2013.csv"), write_votes(tmp_path / "fer2013new.csv", rows=5))


def draw(size: int, temperature: float, bias: NDArray[np.float64]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return answers of a model that is off by `temperature` and `bias`, and the labels."""
    generator = np.random.default_rng(3)
    true = generator.dirichlet(np.full(7, 0.5), size)
    labels = np.array([generator.choice(7, p=row) for row in true])
    raised = np.exp((np.log(np.maximum(true, 1e-9)) - bias) * temperature)
    return (raised / raised.sum(1, keepdims=True)).astype(np.float32), labels


def test_calibration_finds_the_temperature_and_biases_that_were_lost() -> None:
    bias = np.array([0.5, -0.5, 0.3, -0.3, 0.2, -0.2, 0.0])
    answers, labels = draw(6000, 1.8, bias)
    found = fit(answers, labels)
    assert found.temperature == pytest.approx(1.8, rel=0.1)
    assert np.abs(found.bias - bias).max() < 0.2
    assert calibration_error(found.apply(answers), labels) < 0.25 * calibration_error(answers, labels)


def test_a_temperature_alone_changes_no_answer() -> None:
    answers, labels = draw(2000, 1.8, np.zeros(7))
    found = fit(answers, labels, bias=False)
    assert not found.bias.any()
    assert (found.apply(answers).argmax(1) == answers.argmax(1)).mean() > 0.99  # int8 cannot tell the very small apart


def test_what_is_reported_of_a_split(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "data.npz",
        images=np.zeros((8, 48, 48), np.uint8),
        labels=np.array([3, 3, 3, 6, 6, 6, 0, 0]),
        votes=np.array([[0, 10, *[0] * 8]] * 3 + [[10, *[0] * 9]] * 3 + [[5, 5, *[0] * 8]] * 2, np.uint8),
        split=np.ones(8, np.uint8),
        leak=np.array([True] + [False] * 7),
    )
    viewers, label = np.full((8, 7), 0.05, np.float32), np.full((8, 7), 0.05, np.float32)
    viewers[range(8), [3, 3, 6, 6, 6, 6, 0, 3]] = 0.7
    label[range(8), [3, 3, 3, 6, 6, 0, 0, 3]] = 0.7
    figures = evaluate(lambda faces: Answers(viewers[: len(faces)], None, label), load(tmp_path / "data.npz")["public"])
    assert (figures.plurality.n, figures.plurality.value) == (6, 0.8333)  # two rows are ties
    assert (figures.plurality_clean.n, figures.plurality_clean.value) == (5, 0.8)
    assert (figures.protocol.n, figures.protocol.value) == (8, 0.75)
    assert (figures.protocol_clean.n, figures.protocol_clean.value) == (7, 0.7143)
    assert figures.recall["happy"] == pytest.approx(2 / 3, abs=1e-4)
    assert figures.confusion[LABELS.index("happy")][LABELS.index("neutral")] == 1
    assert figures.calibration_error == pytest.approx(0.1333, abs=1e-4)


def test_damage_is_measured_against_the_same_faces_as_they_are() -> None:
    kinds = damaged(np.stack([np.full((48, 48), 200, np.uint8)] * 3), stretched=False)
    assert list(kinds) == ["plain", "24 px", "gamma 0.5", "gamma 2", "noise 8", "JPEG 30", "jittered box"]
    assert kinds["gamma 2"].max() < 160 < kinds["plain"].min()
    assert 4 < kinds["noise 8"].std() < 12


def test_the_error_of_a_group_is_the_share_of_people_under_a_wrong_emotion() -> None:
    truth = np.repeat(np.arange(7), 100)
    exact = np.full((700, 7), 0.001, np.float32)
    exact[np.arange(700), truth] = 0.994
    assert group_errors(fitted_on_others(exact, truth), 25, "any").labels == 0
    shifted = np.roll(exact, 1, axis=1)
    assert group_errors(fitted_on_others(shifted, truth), 1, "any").labels == 1


def test_the_published_error_holds_for_faces_that_did_not_set_it() -> None:
    generator = np.random.default_rng(0)
    truth = np.repeat(np.arange(7), 200)
    answers = generator.dirichlet(np.ones(7), 1400).astype(np.float32)
    right = generator.random(1400) < 0.8
    answers[right, truth[right]] += 2
    answers /= answers.sum(1, keepdims=True)
    faces = fitted_on_others(answers, truth)
    found = coverage([(faces, "own"), (faces, "any")], 10)
    assert len(found) == 2
    assert found[0] >= found[1] >= 0.8  # mixes of all kinds are the harder ones, which set the bound


def test_natural_faces_are_measured_by_runs_that_never_saw_them() -> None:
    first, second = halves(7)
    assert (first ^ second).all()
    for size, name in SHIPPED.items():
        whole = next(run for run in RECIPE if run.name == name)
        parts = [run for run in RECIPE if run.size == size and run.half is not None]
        assert [run.half for run in parts] == [0, 1]
        assert {replace(run, name=name, half=None) for run in parts} == {whole}


def test_the_recipe_begins_with_weights_of_the_history_or_of_an_earlier_run() -> None:
    known: set[str] = set()
    for run in RECIPE:
        assert ":" in run.start or run.start in known
        assert set(run.teachers) <= known
        known.add(run.name)


def test_the_model_card_has_the_recipe() -> None:
    card = (ROOT / "models" / "README.md").read_text()
    for run in RECIPE:
        taught = ", ".join(run.teachers) or "–"
        row = f"| `{run.name}` | `{run.size}` | {run.start} | {run.share} | {taught} | {run.natural} | {run.epochs} |"
        assert f"{row} {run.rates} |" in card


def test_rejection_is_measured_on_pictures_that_did_not_set_the_threshold() -> None:
    generator = np.random.default_rng(0)
    face = np.arange(4000) % 2 == 0
    candidates = Candidates(np.empty((4000, 48, 48), np.uint8), face, np.ones(4000, int), np.arange(4000) // 8)
    useless = rejection(generator.random(4000), candidates)
    assert useless.area == pytest.approx(0.5, abs=0.03)
    assert useless.kept == pytest.approx(0.95, abs=0.02)
    perfect = rejection(face + generator.random(4000), candidates)
    assert (perfect.kept, perfect.area) == (0, 1)
    assert perfect.faces_kept == pytest.approx(0.95, abs=0.02)
