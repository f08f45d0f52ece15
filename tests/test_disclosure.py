"""What of an interval may be told."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from edge.counting.disclosure import disclose
from edge.records import Disclosed
from tests.counts import counts


def values(disclosed: Disclosed) -> list[Any]:
    """Return every face, emotion and observation value."""
    return [
        *disclosed.faces.model_dump().values(),
        *disclosed.emotions.model_dump().values(),
        *disclosed.observations.model_dump().values(),
        disclosed.unsure,
    ]


def test_a_large_mixed_group_is_told_as_it_is() -> None:
    told = disclose(counts(20.0, happy=6.0, sad=4.0), min_group=5, max_share=0.9)
    assert told.suppressed is None
    assert told.emotions.happy == 6.0
    assert told.observations.neutral == 60


@given(st.integers(0, 49))
def test_below_the_smallest_group_every_value_is_null(tenths: int) -> None:
    told = disclose(counts(tenths / 10), min_group=5, max_share=0.9)
    assert told.suppressed == "below_min_group"
    assert set(values(told)) == {None}


def test_nobody_looked_is_not_nobody_there() -> None:
    told = disclose(counts(0.0, analysed=0), min_group=1, max_share=1.0)
    assert told.suppressed == "not_observed"
    assert set(values(told)) == {None}
    empty_room = disclose(counts(0.0), min_group=1, max_share=1.0)
    assert empty_room.suppressed == "below_min_group"


@given(st.integers(181, 200))
def test_unanimous_and_nearly_so_cannot_be_told_apart(happy: int) -> None:
    told = disclose(counts(20.0, happy=happy / 10), min_group=5, max_share=0.9)
    assert told == disclose(counts(20.0, happy=20.0), min_group=5, max_share=0.9)
    assert told.suppressed == "above_max_share"
    assert (told.emotions.happy, told.unsure, told.faces.mean) == (18.0, 2.0, 20.0)
    assert told.emotions.neutral is None
    assert told.observations.happy is None


def test_a_share_at_the_limit_is_told() -> None:
    assert disclose(counts(20.0, happy=18.0), min_group=5, max_share=0.9).suppressed is None
