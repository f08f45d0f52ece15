"""What a count is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.records import EMOTIONS, Counted
from edge.counting.interval import IntervalCounter, Person
from edge.counting.rounding import shares_to_tenths

HAPPY = (0.0, 0.0, 0.0, 0.9, 0.0, 0.0, 0.1)
NEUTRAL = (0.0, 0.0, 0.0, 0.1, 0.0, 0.0, 0.9)
TORN = (0.2, 0.1, 0.1, 0.2, 0.1, 0.1, 0.2)


def close(frames: list[list[Person]], expected: int = 20) -> Counted:
    counter = IntervalCounter(unsure_below=0.4)
    for people in frames:
        counter.add(people)
    return counter.close(expected)


@pytest.mark.parametrize("frames", [1, 7, 300])
def test_one_still_child_weighs_one_whatever_the_frame_rate(frames: int) -> None:
    counts = close([[Person(1, HAPPY)]] * frames)
    assert counts.faces.mean == 1.0
    assert counts.emotions.happy == 1.0
    assert counts.observations.happy == frames


def test_one_still_child_weighs_one_however_often_the_track_breaks() -> None:
    counts = close([[Person(track, HAPPY)] for track in range(20)])
    assert (counts.faces.mean, counts.faces.max, counts.unsure) == (1.0, 1, 1.0)


def test_an_observation_names_the_emotion_of_no_passer_by() -> None:
    """Someone in view for a part of the interval is unsure there, too: beside the emotions it would be theirs."""
    lasting = [Person(track, NEUTRAL) for track in range(12)]
    observed = close([lasting + [Person(99, HAPPY)] * (frame < 12) for frame in range(20)]).observations
    assert (observed.neutral, observed.happy, observed.unsure) == (240, 0, 12)


def test_a_passer_by_is_counted_and_their_emotion_is_not() -> None:
    """The share of the frames in which they were in view would stand under it."""
    counts = close([[Person(1, NEUTRAL), Person(2, HAPPY)]] * 7 + [[Person(1, NEUTRAL)]] * 13)
    assert (counts.faces.mean, counts.emotions.happy, counts.emotions.neutral) == (1.4, 0.0, 1.0)
    assert counts.unsure == 0.4


@pytest.mark.parametrize("emotion", [HAPPY, NEUTRAL])
def test_a_moment_out_of_view_does_not_stand_under_an_emotion(emotion: tuple[float, ...]) -> None:
    """All who were there throughout weigh the same, so a fraction names no one."""
    away, other = emotion, NEUTRAL if emotion is HAPPY else HAPPY
    counts = close([[Person(1, away), Person(2, other)]] * 9 + [[Person(2, other)]])
    assert counts.faces.mean == 1.9
    assert counts.emotions.happy in {0.9, 1.0}
    assert round((counts.emotions.happy or 0) + (counts.emotions.neutral or 0), 1) == 1.9


ONE, OTHER, THIRD = (Person(track, HAPPY) for track in range(3))


@pytest.mark.parametrize(
    ("frames", "steady"),
    [
        pytest.param([[ONE, OTHER]] * 20, 2, id="seen in every look"),
        pytest.param([[ONE, OTHER]] * 19 + [[ONE]], 2, id="missed once in twenty"),
        pytest.param([[ONE, OTHER]] * 12 + [[ONE]] * 8, 1, id="the others left"),
        pytest.param([[ONE]] * 12 + [[ONE, OTHER, THIRD]] * 8, 1, id="the others came"),
        pytest.param([[ONE, Person(1, None, 0)]] * 20, 1, id="remembered"),
        pytest.param([[ONE, OTHER], [ONE, Person(1, HAPPY, looked=False)]] * 9 + [[ONE]] * 2, 1, id="held, then gone"),
        pytest.param([[Person(0, HAPPY, looked=False)]] * 20, 0, id="never looked at"),
        pytest.param([[ONE, Person(1, HAPPY, alive=False)]] * 20, 1, id="a portrait"),
        pytest.param([], 0, id="no frame"),
    ],
)
def test_steady_people_were_found_in_nearly_every_look(frames: list[list[Person]], steady: int) -> None:
    assert close(frames).steady == steady


def test_someone_there_half_of_the_time_weighs_half() -> None:
    counts = close([[Person(1, HAPPY), Person(2, NEUTRAL)]] * 5 + [[Person(1, HAPPY)]] * 5)
    assert (counts.faces.mean, counts.faces.max) == (1.5, 2)


def test_someone_who_smiles_for_two_thirds_of_the_time_is_two_thirds_happy() -> None:
    counts = close([[Person(1, HAPPY)]] * 2 + [[Person(1, NEUTRAL)]])
    assert (counts.emotions.happy, counts.emotions.neutral) == (0.7, 0.3)


def test_a_face_like_nothing_in_particular_is_unsure() -> None:
    counts = close([[Person(1, TORN), Person(2, HAPPY)]] * 4)
    assert (counts.unsure, counts.faces.mean) == (1.0, 2.0)
    assert counts.observations.unsure == 4


def test_someone_only_remembered_is_not_counted() -> None:
    """Only the time in which they were seen counts."""
    counts = close([[Person(1, HAPPY)]] * 3 + [[Person(1, None, frames=0)]] * 3)
    assert (counts.faces.mean, counts.faces.max, counts.unsure) == (0.5, 1, 0.5)
    empty = close([[Person(1, None, frames=0)]] * 3)
    assert (empty.faces.mean, empty.faces.max, empty.unsure) == (0.0, 0, 0.0)


def test_an_interval_without_frames_says_that_nobody_looked() -> None:
    counts = close([])
    assert counts.frames.analysed == 0
    assert counts.frames.expected == 20


def test_an_interval_in_which_nobody_looked_at_the_room_is_not_observed() -> None:
    """As on a device so slow that between two looks whole intervals pass: "too few people" would be a guess."""
    held = Person(1, HAPPY, looked=False)
    counts = close([[held]] * 20)
    assert (counts.frames.analysed, counts.faces.mean, counts.observations.happy) == (0, 0.0, 0)
    assert close([[held]] * 19 + [[ONE]]).frames.analysed == 20


def test_frames_before_a_person_was_believed_are_made_up_for_within_the_interval() -> None:
    late = [[], [], [Person(1, HAPPY, frames=3)], [Person(1, HAPPY)]]
    assert close(late).faces.mean == 1.0
    assert close(late[2:]).faces.mean == 1.0  # the interval began after the first sighting


def test_a_gap_counts_only_when_it_ends_with_being_seen_again() -> None:
    seen, held = [Person(1, HAPPY)], [Person(1, None, frames=0)]
    assert close([seen, held, held, [Person(1, HAPPY, frames=3)]]).faces.mean == 1.0
    assert close([seen, held, held, []]).faces.mean == 0.2
    assert close([seen, seen, held, held]).faces.mean == 0.5


def test_frames_counted_too_many_are_taken_back_within_the_interval() -> None:
    left = [Person(1, None, frames=-1.0)]
    assert close([[Person(1, HAPPY)]] * 3 + [left]).faces.mean == 0.5
    assert close([left, []]).faces.mean == 0.0


people = st.lists(
    st.builds(
        Person,
        st.integers(0, 6),
        st.none() | st.lists(st.floats(0.01, 1), min_size=7, max_size=7).map(lambda p: tuple(v / sum(p) for v in p)),
    ),
    max_size=6,
    unique_by=lambda person: person.track,
)


@given(st.lists(people, min_size=1, max_size=30))
def test_emotions_and_unsure_add_up_to_the_people(frames: list[list[Person]]) -> None:
    counts = close(frames)
    parts = [value or 0.0 for _name, value in counts.emotions] + [counts.unsure or 0.0]
    assert counts.faces.mean is not None
    assert counts.faces.max is not None
    assert round(sum(parts), 1) == counts.faces.mean
    assert 0 <= counts.faces.mean <= counts.faces.max
    classified = sum(person.probabilities is not None for frame in frames for person in frame)
    assert sum(value or 0 for _name, value in counts.observations) == classified


@given(st.dictionaries(st.sampled_from(EMOTIONS), st.floats(0, 500), min_size=1))
def test_rounded_parts_add_up_to_the_rounded_whole(parts: dict[str, float]) -> None:
    rounded = shares_to_tenths(parts)
    assert round(sum(rounded.values()), 1) == pytest.approx(sum(parts.values()), abs=0.0501)
    assert all(abs(rounded[name] - value) <= 0.1 + 1e-6 for name, value in parts.items())
