"""The publisher's word on how many people may stand under a wrong emotion."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.config import Settings
from edge.contract.records import Disclosed, PrivacyNote
from edge.privacy.disclosure import disclose
from edge.publisher.emotions_error import EmotionsError
from tests.support.counts import counts
from tests.support.models import described_model

MEASURED = {"people": [1, 25, 200], "share": [0.5, 0.15, 0.05]}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("model")


@pytest.fixture(scope="module")
def model(folder: Path) -> str:
    """The model's name in records."""
    _, metadata = described_model(folder, error_of_groups=MEASURED)
    return metadata.model_name


@pytest.fixture(scope="module")
def known(folder: Path, model: str) -> EmotionsError:
    assert model
    return EmotionsError(settings(folder / "other.tflite"))


def settings(model: Path, mode: str = "emotions") -> Settings:
    return Settings.model_validate({"mode": mode, "vision": {"model": str(model)}})


def told(
    people: float, *, min_group: int = 5, max_share: float = 0.9, min_cell: float = 0.0, **more: float
) -> Disclosed:
    seen = counts(people, analysed=int(more.pop("analysed", 10)), **more)
    privacy = PrivacyNote(min_group=min_group, max_share=max_share, min_cell=min_cell)
    return disclose(seen, privacy, withheld=False)


def test_a_told_record_has_it(known: EmotionsError, model: str) -> None:
    assert known.of(told(25.0, happy=10.0), model) == 3.8


def test_the_person_who_is_moved_is_part_of_it(known: EmotionsError, model: str) -> None:
    assert known.of(told(25.0, happy=10.0), model, moved=True) == 4.8
    assert known.of(told(1.0, min_group=1), model, moved=True) == 1.0  # never more than there are


@given(st.integers(1, 300), st.data())
def test_it_is_the_same_for_every_mix_of_so_many_people_whatever_of_it_is_withheld(
    known: EmotionsError, model: str, people: int, data: st.DataObject
) -> None:
    """So it tells of no cell that was folded, nor whether a room within the band was unanimous."""
    unanimous = told(float(people), min_group=1)
    happy = data.draw(st.integers(0, people))
    sad = data.draw(st.integers(0, people - happy))
    mixed = told(float(people), min_group=1, min_cell=data.draw(st.sampled_from([0.0, 2.0])), happy=happy, sad=sad)
    assert known.of(mixed, model) == known.of(unanimous, model) is not None


@pytest.mark.parametrize(
    "withheld", [told(3.0), told(0.0, analysed=0), told(25.0, happy=10.0, min_group=50)], ids=["few", "dark", "strict"]
)
def test_where_people_are_withheld_so_is_it(known: EmotionsError, model: str, withheld: Disclosed) -> None:
    assert withheld.faces.mean is None
    assert known.of(withheld, model) is None


def test_in_presence_mode_there_is_none(folder: Path, known: EmotionsError, model: str) -> None:
    nothing = dict.fromkeys(told(25.0).emotions.model_dump(), None)
    alone = told(25.0, happy=10.0).model_dump() | {"mode": "presence", "emotions": nothing, "unsure": None}
    record = Disclosed.model_validate(alone | {"observations": nothing | {"unsure": None}})
    assert known.of(record, model) is None
    assert EmotionsError(settings(folder / "absent.tflite", "presence")).of(record, model) is None


def test_a_record_of_another_model_has_none(known: EmotionsError, caplog: pytest.LogCaptureFixture) -> None:
    """It waited at the door while the device was updated; what was measured of the new model is not its error."""
    for _ in range(3):
        assert known.of(told(25.0, happy=10.0), "emotion-edge-standard-3 (sha256 6e7df6ba7bf5)") is None
    assert caplog.text.count("emotion-edge-standard-3") == 1


def test_metadata_without_it_are_named_and_nothing_is_made_up(
    tmp_path: Path, model: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    path, _ = described_model(tmp_path, error_of_groups=None)
    assert EmotionsError(settings(path)).of(told(25.0, happy=10.0), model) is None
    assert "other.json: has no error_of_groups, so emotions_error is null" in caplog.text


def test_metadata_that_cannot_be_read_stop_no_record(
    tmp_path: Path, model: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The process that sees refuses such a model; this one goes on saying how the device does."""
    assert EmotionsError(settings(tmp_path / "absent.tflite")).of(told(25.0, happy=10.0), model) is None
    assert "absent.json: cannot be read" in caplog.text
