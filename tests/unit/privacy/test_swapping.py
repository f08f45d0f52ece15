"""One person of each record is counted under another emotion."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from edge.contract.records import EMOTIONS, Disclosed, PrivacyNote
from edge.privacy.disclosure import DisclosureControl
from edge.privacy.swapping import Swapping
from tests.support.counts import counts

PRIVACY = PrivacyNote(min_group=5, max_share=0.9, min_cell=0.0)
ROOM = counts(20.0, happy=6.0, sad=4.0)


def table(record: Disclosed) -> dict[str, float]:
    return {name: value or 0.0 for name, value in (*record.emotions, ("unsure", record.unsure))}


def published(key: bytes, *rooms: object) -> list[dict[str, float]]:
    control = DisclosureControl(key=key)
    return [table(control.disclose(room, PRIVACY)) for room in rooms]  # type: ignore[arg-type]


@given(st.binary(min_size=1, max_size=64), st.lists(st.integers(0, 100), min_size=6, max_size=6))
def test_one_whole_person_is_moved_and_the_sum_stays(key: bytes, tenths: list[int]) -> None:
    emotions = {name: 5 + value / 10 for name, value in zip(EMOTIONS, tenths, strict=False)}
    room = counts(round(sum(emotions.values()) + 20, 1), unsure=8.0, **emotions)  # type: ignore[arg-type]
    exact = {**emotions, "neutral": 12.0, "unsure": 8.0}
    (after,) = published(key, room)
    changes = Counter(round(after[name] - exact[name], 1) for name in exact)
    assert changes == {1.0: 1, -1.0: 1, 0.0: 6}


def test_a_room_that_does_not_change_gives_the_same_record_each_time() -> None:
    """An average over a lesson would otherwise take the move away. Tenths of people are no change."""
    slightly = counts(20.2, unsure=0.3, happy=6.1, sad=4.1)
    first, again, slight = published(b"key", ROOM, ROOM, slightly)
    assert first == again
    assert {name for name in first if abs(first[name] - slight[name]) > 0.5} == set()


def test_any_person_more_or_less_draws_anew_for_all_emotions() -> None:
    """Otherwise the only emotion that changed would be that of the one who left."""
    moves = [Swapping(bytes([key])) for key in range(50)]
    fewer = counts(19.0, happy=6.0, sad=4.0)
    assert sum(one.move(ROOM) != one.move(fewer) for one in moves) > 40


def test_no_move_is_likelier_than_another_and_nobody_can_foresee_it() -> None:
    drawn = Counter(Swapping().move(ROOM) for _ in range(4200))
    assert len(drawn) == 3 * 7
    assert all(100 < times < 320 for times in drawn.values()), "200 each, with a standard deviation of 14"


def test_where_one_person_is_published_nobody_is_moved() -> None:
    control = DisclosureControl()
    assert control.disclose(ROOM, PRIVACY.model_copy(update={"min_group": 1})).emotions == ROOM.emotions


def test_a_group_in_which_no_emotion_has_a_whole_person_is_published_as_it_is() -> None:
    scattered = counts(3.2, unsure=0.4, **dict.fromkeys(EMOTIONS[:-1], 0.4))  # type: ignore[arg-type]
    assert Swapping().move(scattered) is None


def test_who_is_moved_does_not_hang_on_a_tenth() -> None:
    """A cell between 0.9 and 1.0 is one person all the time: a second move would take a part of the first one away."""
    for _ in range(50):
        swapping = Swapping()
        one, other = counts(12.0, unsure=6.1, happy=1.0), counts(12.0, unsure=6.2, happy=0.9)
        assert swapping.move(one) == swapping.move(other)
