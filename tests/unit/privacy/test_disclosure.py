"""What of an interval may be told, tried by someone who knows the code and enumerates what a record could mean."""

import functools
import itertools
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.contract.records import EMOTIONS, Counted, Disclosed, Faces, PrivacyNote
from edge.privacy.disclosure import DisclosureControl, disclose
from tests.support.counts import counts, values

LABELS = (*EMOTIONS, "unsure")


def privacy(min_group: int = 5, max_share: float = 0.9, min_cell: float = 0.0) -> PrivacyNote:
    return PrivacyNote(min_group=min_group, max_share=max_share, min_cell=min_cell)


def tell(
    what: Counted,
    note: PrivacyNote | None = None,
    *,
    withheld: bool = False,
    move: tuple[str, str] | None = None,
    observations: bool = False,
) -> Disclosed:
    return disclose(what, note or privacy(), withheld=withheld, move=move, observations=observations)


def test_a_large_mixed_group_is_told_as_it_is() -> None:
    told = tell(counts(20.0, happy=6.0, sad=4.0))
    assert told.suppressed is None
    assert told.emotions.happy == 6.0


@given(st.integers(0, 49))
def test_below_the_smallest_group_every_value_is_null(tenths: int) -> None:
    told = tell(counts(tenths / 10))
    assert told.suppressed == "below_min_group"
    assert set(values(told)) == {None}


def test_nobody_looked_is_not_nobody_there() -> None:
    told = tell(counts(0.0, analysed=0), privacy(1, 1.0))
    assert told.suppressed == "not_observed"
    assert set(values(told)) == {None}


def test_an_empty_room_is_told_as_zero_only_where_one_person_is_told_too() -> None:
    told = tell(counts(0.0), privacy(1))
    assert told.suppressed is None
    assert (told.faces, told.unsure) == (Faces(mean=0.0, max=0), 0.0)
    assert set(told.emotions.model_dump().values()) == {0.0}
    assert tell(counts(0.0), privacy(2)).suppressed == "below_min_group"


@given(st.integers(1, 9))
def test_where_one_person_is_told_so_is_one_who_was_there_for_a_moment(tenths: int) -> None:
    told = tell(counts(tenths / 10), privacy(1))
    assert told.faces.mean == tenths / 10
    assert told.suppressed == "above_max_share"


@given(st.integers(171, 200))
def test_unanimous_and_nearly_so_cannot_be_told_apart(happy: int) -> None:
    told = tell(counts(20.0, happy=happy / 10))
    assert told == tell(counts(20.0, happy=20.0))
    assert told.suppressed == "above_max_share"
    assert (told.emotions.happy, told.unsure, told.faces.mean) == (17.0, 3.0, 20.0)
    assert told.emotions.neutral is None
    assert told.observations.happy is None


@pytest.mark.parametrize("people", range(5, 41))
@pytest.mark.parametrize("insider", ["happy", "sad"])
def test_one_of_a_group_does_not_learn_that_all_the_others_show_the_same(people: int, insider: str) -> None:
    """The records are alike where all the others are happy and where one of them is not."""
    mine = int(insider == "happy")
    same = counts(float(people), happy=people - 1 + mine, sad=1 - mine)
    one_differs = counts(float(people), happy=people - 2 + mine, sad=2 - mine)
    assert tell(same) == tell(one_differs)


@pytest.mark.parametrize("unsure", [0.0, 6.0, 18.0, 20.0])
def test_unanimity_of_those_who_are_not_unsure_is_withheld_too(unsure: float) -> None:
    told = tell(counts(20.0, unsure=unsure, happy=20.0 - unsure))
    assert told.emotions.happy in {None, *(tenths / 10 for tenths in range(round(200 - 10 * unsure) - 29))}
    assert adds_up(told)


def test_a_share_at_the_limit_is_told() -> None:
    assert tell(counts(20.0, happy=17.0)).suppressed is None


@pytest.mark.parametrize(("people", "happy"), [(20, 17), (8, 5)])
def test_the_one_who_is_moved_lifts_no_record_above_the_limit(people: int, happy: int) -> None:
    """Above it everyone would know that it was they who were moved there, and so the number before."""
    room = counts(float(people), happy=float(happy), sad=1.0)
    assert tell(room).suppressed is None
    told = tell(room, move=("sad", "happy"))
    assert (told.suppressed, told.emotions.happy) == ("above_max_share", float(happy))
    assert {value for name, value in told.emotions if name != "happy"} == {None}


def test_a_group_at_the_limit_is_told_all_the_same() -> None:
    """Somebody is moved elsewhere, so that a small group does not lose its emotions to the draw."""
    for _ in range(100):
        control = DisclosureControl()
        control.disclose(counts(6.0, happy=2.0, sad=1.0), privacy())
        told = control.disclose(counts(6.0, happy=2.0, sad=1.0), privacy())
        assert (told.suppressed, told.emotions.neutral in {2.0, 3.0}) == (None, True), told


def test_a_cell_that_is_too_small_is_not_named_by_unanimity_either() -> None:
    """Nearly everyone is unsure, so that two who smile are nearly all of the others."""
    room = counts(12.0, unsure=8.0, happy=2.0, sad=1.0)
    assert tell(room).emotions.happy == 1.0
    told = tell(room, privacy(min_cell=3.0))
    assert (told.suppressed, set(told.emotions.model_dump().values())) == ("above_max_share", {None})
    assert told.unsure == told.faces.mean


# Observations


def test_observations_are_not_told() -> None:
    told = tell(counts(20.0, happy=6.0, sad=4.0))
    assert set(told.observations.model_dump().values()) == {None}
    assert told.suppressed is None


def test_where_they_are_switched_on_they_are_whole_people_of_whom_one_is_moved() -> None:
    raw = counts(20.0, happy=6.0, sad=4.0)
    tallies = raw.observations.model_copy(update={"happy": 63, "neutral": 97})
    told = tell(raw.model_copy(update={"observations": tallies}), move=("neutral", "fear"), observations=True)
    assert (told.observations.happy, told.observations.neutral, told.observations.fear) == (60, 90, 10)


def test_observations_do_not_tell_the_unanimity_that_emotions_withhold() -> None:
    """Every face was most probably neutral, while the soft count says that a fifth was not."""
    mixed = counts(20.0, happy=4.0)
    unanimous = mixed.observations.model_copy(update={"happy": 0, "neutral": 200})
    told = tell(mixed.model_copy(update={"observations": unanimous}), observations=True)
    assert told.suppressed == "above_max_share"
    assert told.emotions == mixed.emotions
    assert set(told.observations.model_dump().values()) == {None}


# The group


@given(people=st.floats(0, 30), steady=st.integers(0, 30), min_group=st.integers(2, 8), withheld=st.booleans())
def test_what_is_told_is_of_enough_people_in_nearly_every_look(
    *, people: float, steady: int, min_group: int, withheld: bool
) -> None:
    """A crowd for six seconds does not hide one person who is alone for four."""
    mean = round(people, 1)
    seen = counts(mean, happy=round(mean / 2, 1)).model_copy(update={"steady": steady})
    is_told = tell(seen, privacy(min_group), withheld=withheld).suppressed != "below_min_group"
    assert is_told == (min(mean, steady) >= min_group + withheld)


@given(st.lists(st.integers(0, 30), min_size=2, max_size=30), st.integers(2, 10))
def test_one_person_who_comes_and_goes_does_not_switch_records_on_and_off(steps: list[int], min_group: int) -> None:
    """With and without them told in turn, the difference would be theirs."""
    control = DisclosureControl()
    lowest = None
    for people in steps:
        told = control.disclose(counts(float(people), happy=people // 2), privacy(min_group, 1.0))
        if told.suppressed == "below_min_group":
            lowest = people if lowest is None else min(lowest, people)
            continue
        if lowest is not None:
            assert people > min_group, "told again although nobody but the one who left has come"
        lowest = None


def test_a_process_that_starts_does_not_know_what_was_before() -> None:
    """One person comes back while the device restarts: before it, the record was withheld."""
    control = DisclosureControl()
    assert control.disclose(counts(5.0, happy=2.0, sad=1.0), privacy()).suppressed == "below_min_group"
    assert control.disclose(counts(6.0, happy=2.0, sad=1.0), privacy()).suppressed is None
    assert control.disclose(counts(5.0, happy=2.0, sad=1.0), privacy()).suppressed is None


def test_intervals_in_which_nobody_looked_do_not_unlock_the_group() -> None:
    control = DisclosureControl()
    told = [
        control.disclose(one, privacy()).suppressed
        for one in (
            counts(4.0),
            counts(0.0, analysed=0),
            counts(5.0, happy=2.0, sad=1.0),
            counts(6.0, happy=2.0, sad=1.0),
            counts(5.0, happy=2.0, sad=1.0),
        )
    ]
    assert told == ["below_min_group", "not_observed", "below_min_group", None, None]


GROUPS = [(people, happy) for people in range(7) for happy in range(people + 1)]
"""Rooms of up to six people, some of them happy, the others neutral: everything that an interval can be here."""


def test_no_sequence_of_records_determines_the_state_of_a_small_group() -> None:
    """All sequences of three intervals, by what they look like from outside."""
    seen = {room: counts(float(room[0]), happy=float(room[1])) for room in GROUPS}
    note = privacy(3)
    meanings = defaultdict(set)
    for rooms in itertools.product(GROUPS, repeat=3):
        control = DisclosureControl(key=b"fixed")
        told = tuple(control.disclose(seen[room], note).model_dump_json() for room in rooms)
        meanings[told].add(rooms)
    for told, possible in meanings.items():
        for position, record in enumerate(told):
            if '"below_min_group"' in record:
                states = {rooms[position] for rooms in possible}
                assert {people for people, _ in states} >= {0, 1, 2}
                assert {happy for _, happy in states} >= {0, 1, 2}


# The cells


def shared_out(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    """Yield every way to share out `total` tenths of people among `parts` cells."""
    for bars in itertools.combinations(range(total + parts - 1), parts - 1):
        edges = (-1, *bars, total + parts - 1)
        yield tuple(after - before - 1 for before, after in itertools.pairwise(edges))


@functools.lru_cache
def all_neutral(people: float) -> dict[str, Any]:
    return counts(people).model_dump()


def room(tenths: tuple[int, ...]) -> Counted:
    cells = {name: value / 10 for name, value in zip(LABELS, tenths, strict=True)}
    unsure = cells.pop("unsure")
    return Counted.model_validate(all_neutral(sum(tenths) / 10) | {"emotions": cells, "unsure": unsure})


def cells_of(told: Disclosed) -> tuple[float | None, ...]:
    return (*(value for _name, value in told.emotions), told.unsure)


def adds_up(told: Disclosed) -> bool:
    return round(sum(value or 0 for value in (*cells_of(told), told.other)), 1) == told.faces.mean


@pytest.mark.parametrize(("least", "max_share"), [(2, 0.6), (3, 1.0), (9, 0.6)])
def test_no_record_determines_a_folded_cell(least: int, max_share: float) -> None:
    """Every room of so many people, by the record that it gives: each folded cell can be at least two things."""
    note = privacy(1, max_share, least / 10)
    possible: defaultdict[tuple[Any, ...], list[tuple[int, ...]]] = defaultdict(list)
    records: dict[tuple[Any, ...], Disclosed] = {}
    for tenths in shared_out(10, len(LABELS)):
        told = tell(room(tenths), note)
        key = (*cells_of(told), told.other, told.suppressed)
        possible[key].append(tenths)
        records[key] = told
    folded = 0
    for key, told in records.items():
        if told.suppressed != "below_min_cell":
            continue
        assert adds_up(told)
        assert set(told.observations.model_dump().values()) == {None}
        for index, value in enumerate(cells_of(told)):
            if value is None:
                folded += 1
                assert len({tenths[index] for tenths in possible[key]}) > 1, (told, possible[key])
            else:
                assert value * 10 >= least
    assert folded


@given(st.lists(st.integers(0, 300), min_size=8, max_size=8), st.floats(0.1, 5.0))
@settings(max_examples=300)
def test_what_is_folded_is_two_cells_and_enough_people(tenths: list[int], min_cell: float) -> None:
    told = tell(room(tuple(tenths)), privacy(1, 1.0, min_cell))
    if told.suppressed != "below_min_cell":
        return
    assert adds_up(told)
    hidden = [name for name, value in zip(LABELS, cells_of(told), strict=True) if value is None]
    assert len(hidden) != 1
    least = round(min_cell, 6)  # people are counted in tenths: 0.10000000000000002 asks for one tenth
    assert all(value >= least for value in cells_of(told) if value is not None)
    if hidden and len(hidden) < len(LABELS):
        assert told.other is not None
        assert told.other >= least


def test_the_rule_itself_does_not_give_a_cell_away() -> None:
    """Two cells of 0.9 beside one of 1.0 could only be that, if 0.9 and 1.0 were not folded with it."""
    told = tell(room((9, 9, 10, 20, 20, 20, 20, 20)), privacy(1, 0.9, 1.0))
    assert (told.emotions.angry, told.emotions.disgust, told.emotions.fear, told.other) == (None, None, None, 2.8)


def test_without_small_cells_nothing_is_folded() -> None:
    told = tell(room((20,) * 8), privacy(1, 0.9, 1.0))
    assert (told.emotions.angry, told.unsure, told.other) == (2.0, 2.0, None)
    assert told.suppressed == "below_min_cell"
