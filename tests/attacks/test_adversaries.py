"""What adversaries gain who read every record and know the code: the floors of docs/design/privacy.md.

Small samples with fixed seeds: a share of 400 cases has a standard deviation of up to 0.025. The table in the design
page comes from `python -m tests.attacks.adversaries`.
"""

import numpy as np
import pytest

from tests.attacks.adversaries import alone, changer, insider, leaver, passer_by, threshold, utility
from tests.attacks.adversaries.guess import Attack, measure
from tests.attacks.adversaries.limit import best_possible
from tests.attacks.adversaries.people import MIX

_TRIALS = 400
_NOISE = 0.05
"""Two standard deviations of such a share."""


@pytest.mark.parametrize("size", [5, 7, 20])
@pytest.mark.parametrize("changes", [0.0, 0.2])
@pytest.mark.parametrize("adversary", [alone, passer_by, insider, threshold], ids=lambda module: module.__name__)
def test_one_record_hardly_helps(adversary: object, size: int, changes: float) -> None:
    attack: Attack = adversary.attack  # type: ignore[attr-defined]
    assert measure(attack, size, changes, _TRIALS).gain <= 0.10


@pytest.mark.parametrize("size", [6, 12, 24])
@pytest.mark.parametrize("adversary", [leaver, changer], ids=lambda module: module.__name__)
def test_two_records_do_not_name_an_emotion(adversary: object, size: int) -> None:
    """Nobody else changes, which is the worst case."""
    attack: Attack = adversary.attack  # type: ignore[attr-defined]
    assert measure(attack, size, 0.0, _TRIALS).gain <= 0.25 + _NOISE


def test_nor_could_a_better_guess() -> None:
    assert best_possible(MIX) <= 0.25


def test_exact_counts_would_name_it() -> None:
    """So these adversaries can find what there is to find."""
    assert measure(leaver.exact, 12, 0.0, _TRIALS).gain > 0.5


@pytest.mark.parametrize("size", [8, 24])
def test_the_counts_stay_useful(size: int) -> None:
    cost = utility.measure(size, 0.2, 3)
    assert cost.faces <= 0.05
    assert cost.mean <= 0.3
    assert np.isfinite(cost.worst)
    assert cost.banded + cost.withheld <= 0.3
