"""What is said to have changed in a lesson: nothing that the error covers, and what is there."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.counting.interval import IntervalCounter, Person
from edge.counting.uncertainty import people_in_error
from edge.hub.lesson.changes import find_changes
from edge.hub.lesson.comparison import differences
from edge.hub.lesson.samples import GROUPS, Sample
from edge.hub.lesson.segments import segments
from edge.hub.lesson.summary import against_usual, described
from edge.hub.lesson.usual import Former
from tests.hub.lessons import LENGTH, SHARES, SIZES, Kind, counted, lessons
from tests.measure_lesson import longer, samples_of

RECORDS = 90
_EMOTIONS = 7


def lesson_of(tables: Sequence[tuple[float, ...]]) -> list[Sample]:
    """Return records with these people by group; the error is that of the shipped model."""
    return [
        Sample(LENGTH * number, LENGTH, sum(table), table, people_in_error(sum(table), SIZES, SHARES))
        for number, table in enumerate(tables, 1)
    ]


TABLES = st.lists(
    st.tuples(*[st.integers(0, 20)] * len(GROUPS)).filter(lambda table: sum(table) >= 5), min_size=1, max_size=5
)


@settings(max_examples=60, deadline=None)
@given(TABLES, st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.3, 2.0]))
def test_no_difference_is_stated_that_its_error_covers(
    levels: list[tuple[int, ...]], seed: int, scatter: float
) -> None:
    """Whatever the records hold. The error is no smaller than what the model alone may err."""
    chance = np.random.default_rng(seed)
    tables = [
        tuple(round(max(0.0, each + chance.normal(0, scatter)), 1) for each in levels[at * len(levels) // RECORDS])
        for at in range(RECORDS)
    ]
    records = lesson_of(tables)
    for change in find_changes(records):
        said = described(change)
        assert said["earliest"] <= said["at"] <= said["latest"]
        difference = abs(said["after"] - said["before"])
        assert difference > said["error"] > 0
        if change.group != "people":
            least = min(each.error / each.people for each in records if each.error and each.people)
            # Of d people, before and after: at least as if they erred like the whole group, each on its own.
            assert said["error"] >= least * math.sqrt(2 * difference) - 0.01


@settings(max_examples=40, deadline=None)
@given(
    st.tuples(*[st.integers(1, 12)] * len(GROUPS)).filter(lambda table: sum(table) >= 6),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=4),
)
def test_the_person_who_is_moved_is_no_change(table: tuple[int, ...], moves: list[tuple[int, int]]) -> None:
    """Nobody changed; in each part of the lesson one person is counted under another emotion, as it is published."""
    tables = []
    for at in range(RECORDS):
        shown = [float(each) for each in table]
        source, target = moves[at * len(moves) // RECORDS]
        shown[source] -= 1
        shown[target] += 1
        tables.append(tuple(shown))
    assert find_changes(lesson_of(tables)) == []


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(*[st.integers(1, 12)] * len(GROUPS)).filter(lambda table: sum(table) >= 6),
    st.lists(st.tuples(*[st.integers(1, 12)] * len(GROUPS)), min_size=1, max_size=12),
)
def test_no_difference_from_usual_is_stated_that_its_error_covers(
    table: tuple[int, ...], former: list[tuple[int, ...]]
) -> None:
    told_now = lesson_of([tuple(map(float, table))] * RECORDS)
    weeks = [
        Former(0, [], float(sum(each)), {group: each[at] / sum(each) for at, group in enumerate(GROUPS)})
        for each in former
    ]
    facts = against_usual(told_now, weeks)
    assert bool(facts) == (len(former) >= 3)
    named = [each["group"] for fact in facts for each in fact.get("groups", [fact])]
    assert sorted(named) == sorted(("people", *GROUPS)) * bool(facts), "each is named once"
    for fact in facts:
        if fact["code"] == "as_usual":
            continue
        difference = abs(fact["value"] - fact["median"])
        assert difference > fact["error"] > 0
        assert not fact["low"] <= fact["value"] <= fact["high"]
        if fact["group"] != "people":
            assert fact["error"] >= (told_now[0].error or 0.0) / sum(table) - 0.001


@settings(max_examples=60, deadline=None)
@given(TABLES, TABLES, st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.3, 2.0]))
def test_no_difference_of_two_lessons_is_stated_that_its_error_covers(
    one: list[tuple[int, ...]], other: list[tuple[int, ...]], seed: int, scatter: float
) -> None:
    """Whatever the records hold; and seen from the other lesson the same is stated the other way round."""
    chance = np.random.default_rng(seed)
    samples = [
        lesson_of(
            [
                tuple(
                    round(max(0.0, each + chance.normal(0, scatter)), 1) for each in levels[at * len(levels) // RECORDS]
                )
                for at in range(RECORDS)
            ]
        )
        for levels in (one, other)
    ]
    facts = differences(*samples)
    stated = {each["group"]: each for each in facts if each["code"] == "difference"}
    for group, fact in stated.items():
        assert abs(fact["value"] - fact["other"]) > fact["error"] > 0
        if group != "people":
            least = [
                min(each.error / each.people for each in lesson if each.error and each.people) for lesson in samples
            ]
            assert fact["error"] >= math.hypot(*least) - 0.001
    swapped = {"above": "below", "below": "above"}
    assert {(each["group"], swapped[each["direction"]]) for each in stated.values()} == {
        (each["group"], each["direction"]) for each in differences(*reversed(samples)) if each["code"] == "difference"
    }
    named = [each["group"] for fact in facts for each in fact.get("groups", [fact]) if "group" in each]
    assert sorted(named) == sorted(("people", *GROUPS)), "each is named once"


def test_without_a_known_error_no_change_of_emotions_is_stated() -> None:
    """A device of an earlier release does not say how wrong its emotions may be."""
    tables = [(2.0, 18.0, 2.0, 2.0)] * 45 + [(18.0, 2.0, 2.0, 2.0)] * 45
    known = lesson_of(tables)
    assert {change.group for change in find_changes(known)} == {"smiling", "neutral"}
    unknown = [Sample(each.ended, LENGTH, each.people, each.emotions, None) for each in known]
    assert find_changes(unknown) == []


def test_what_nobody_told_is_no_change() -> None:
    """Records without a number are no zero; the change across them lies somewhere in their time."""
    tables = [(6.0, 14.0, 2.0, 2.0)] * 60
    records = lesson_of(tables)
    hidden = [*records[:20], *(Sample(each.ended, LENGTH, None) for each in records[20:40]), *records[40:]]
    assert find_changes(hidden) == []
    fewer = [Sample(each.ended, LENGTH, 18.0, None, None) for each in records[40:]]
    changes = find_changes([*hidden[:40], *fewer])
    assert [(change.group, change.before, change.after) for change in changes] == [("people", 24.0, 18.0)]
    assert changes[0].earliest <= records[19].ended
    assert changes[0].latest >= records[40].begin


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(-3, 3), st.integers(3, 20)), min_size=1, max_size=6),
    st.sampled_from([0.5, 3.0, 20.0]),
    st.sampled_from([3, 9]),
)
def test_the_segmentation_is_the_best_of_all(levels: list[tuple[int, int]], penalty: float, shortest: int) -> None:
    """Leaving out candidates early saves time and costs nothing."""
    values = [level + 0.1 * (number % 3) for level, length in levels for number in range(length)]

    def cost(spans: list[tuple[int, int]]) -> float:
        parts = [values[begin:end] for begin, end in spans]
        return sum(sum((each - sum(part) / len(part)) ** 2 for each in part) + penalty for part in parts)

    best: list[list[tuple[int, int]] | None] = [[]]
    for end in range(1, len(values) + 1):
        ways = [[*before, (at, end)] for at, before in enumerate(best) if before is not None and end - at >= shortest]
        best.append(min(ways, key=cost, default=None))
    found, right = segments(values, penalty, shortest), best[-1]
    if right is not None:
        assert cost(found) == pytest.approx(cost(right))
        assert all(end - begin >= shortest for begin, end in found)


def test_who_come_in_one_after_the_other_are_a_gradual_change() -> None:
    """The averages of such times are numbers of people that were never there, and their border is no moment."""
    arriving = [4.0] * 3 + [10.0] * 3 + [16.0] * 3 + [20.0] * 3
    leaving = [23.0] * 9 + [12.0] * 6
    numbers = [*arriving, *[23.0] * 240, *leaving]
    records = [Sample(LENGTH * number, LENGTH, people) for number, people in enumerate(numbers, 1)]
    first, *others = find_changes(records)
    assert (first.gradual, first.earliest) == (True, 0)
    assert 90 <= first.latest <= 180
    for change in others:  # what is left has one level before and one after, which were there
        assert change.gradual or (round(change.before), round(change.after)) == (23, 12)


def test_who_come_in_with_the_looks_of_the_others_change_no_share() -> None:
    """What they add to each group is said to come with them; where nobody comes, or all newcomers smile, it is not."""
    few, more = (2.0, 8.0, 1.0, 1.0), (5.0, 20.0, 2.0, 3.0)
    found = {each.group: each.with_people for each in find_changes(lesson_of([few] * 45 + [more] * 45))}
    assert next(iter(found.items())) == ("people", False)  # of one time, it comes first: it explains the others
    assert found["neutral"] is True
    smiling = (20.0, 8.0, 1.0, 1.0)
    found = {each.group: each.with_people for each in find_changes(lesson_of([few] * 45 + [smiling] * 45))}
    assert found == {"people": False, "smiling": False}
    found = {
        each.group: each.with_people for each in find_changes(lesson_of([more] * 45 + [(20.0, 5.0, 2.0, 3.0)] * 45))
    }
    assert found == {"neutral": False, "smiling": False}


@pytest.mark.parametrize("interval", [10, 20, 60])
@pytest.mark.parametrize("what", ["leave", "smile"])
def test_a_change_of_made_up_people_is_found_where_it_is(what: str, interval: int) -> None:
    """Through counting and disclosure control: eight of 24 people for ten minutes, whatever the device's interval."""
    kind = Kind(24, 0.2, changed=8, what="leave" if what == "leave" else "smile", seconds=600)
    for lesson in lessons(kind, 4, np.random.default_rng(11)):
        assert lesson.change is not None
        group = "people" if what == "leave" else "smiling"
        records = longer(samples_of(lesson.records), interval // LENGTH)
        found = [change for change in find_changes(records) if change.group == group]
        assert len(found) == 2
        assert abs(found[0].at - lesson.change * LENGTH) <= 60
        assert abs(found[1].at - found[0].at - 600) <= 120


def test_made_up_lessons_are_counted_as_a_device_counts() -> None:
    chance = np.random.default_rng(5)
    shown = chance.integers(0, 8, (6, 5, 12)).astype(np.int8)
    shown[1:4, 3:, 2:5] = -1
    shown[2, :2, 7] = -1
    for looks, fast in zip(shown, counted(shown), strict=True):
        counter = IntervalCounter(0.4)
        for look in looks:
            counter.add([_person(track, each) for track, each in enumerate(look.tolist()) if each >= 0])
        slow = counter.close(len(looks))
        assert (fast.faces, fast.steady) == (slow.faces, slow.steady)
        for name, people in slow.emotions:
            assert getattr(fast.emotions, name) == pytest.approx(people, abs=0.11), name


def _person(track: int, look: int) -> Person:
    if look == _EMOTIONS:
        return Person(track, (1 / _EMOTIONS,) * _EMOTIONS)
    return Person(track, tuple(0.94 if emotion == look else 0.01 for emotion in range(_EMOTIONS)))
