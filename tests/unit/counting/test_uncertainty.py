"""How many people may stand under a wrong emotion."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.counting.uncertainty import people_in_error

SIZES, SHARES = [1.0, 4.0, 25.0, 100.0], [0.6, 0.4, 0.15, 0.05]


@pytest.mark.parametrize(
    ("mean", "people"),
    [
        (0.0, 0.0),
        (0.5, 0.3),  # a smaller group has the share of the smallest
        (1.0, 0.6),
        (4.0, 1.6),
        (25.0, 3.8),  # 3.75, rounded up
        (44.4, 4.5),  # halfway between 25 and 100 in 1/sqrt(n): a tenth of 44.4 is 4.44
        (100.0, 5.0),
        (1000.0, 50.0),  # a larger one that of the largest
    ],
)
def test_the_share_of_a_size_is_what_was_measured_or_lies_between(mean: float, people: float) -> None:
    assert people_in_error(mean, SIZES, SHARES) == people


@given(st.integers(0, 10_000), st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_it_is_whole_tenths_of_no_more_people_than_there_are_and_never_rounded_down(
    tenths: int, shares: list[float]
) -> None:
    mean = tenths / 10
    people = people_in_error(mean, SIZES, shares)
    assert people == round(people, 1)
    assert min(shares) * mean - 1e-6 <= people <= mean
    assert people <= math.ceil(max(shares) * tenths) / 10


def test_a_share_that_gives_whole_tenths_is_not_rounded_up() -> None:
    """To a computer a tenth of three people is a little more than 0.3."""
    for people in range(1, 1000):
        assert people_in_error(float(people), [1.0], [0.1]) == people / 10
