"""Counting a group: the mix of many is estimated, a single person is left alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.counting.prevalence import Reference, adapted, corrected, entropy, estimate, most_probable
from tests.support.groups import PRIOR, group


@pytest.mark.parametrize("mix", [(0.02, 0.01, 0.02, 0.1, 0.05, 0.05, 0.75), (0.3, 0.1, 0.1, 0.1, 0.3, 0.05, 0.05)])
def test_a_group_unlike_the_training_data_is_estimated_better_than_by_counting_labels(mix: tuple[float, ...]) -> None:
    truth = np.array(mix)
    members = group(truth, 400)
    labels = np.bincount(members.argmax(1), minlength=7) / 400
    found = adapted(members, np.ones(400), PRIOR).mean(0)
    assert np.abs(found - truth).sum() < 0.6 * np.abs(labels - truth).sum()


def test_a_single_person_stays_who_they_are() -> None:
    person = np.array([[0.02, 0.01, 0.02, 0.8, 0.05, 0.05, 0.05]])
    changed = adapted(person, np.ones(1), PRIOR)[0]
    assert changed.argmax() == 3
    assert 0.8 <= changed[3] < 0.9


def test_a_person_without_weight_changes_nothing() -> None:
    members = group(PRIOR, 20)
    weights = np.array([1.0] * 19 + [0.0])
    assert np.allclose(adapted(members, weights, PRIOR)[:19], adapted(members[:19], np.ones(19), PRIOR), atol=1e-4)


@given(st.integers(1, 40), st.integers(0, 2**32 - 1), st.floats(0, 5))
def test_every_member_stays_one_person(size: int, seed: int, weight: float) -> None:
    members = np.random.default_rng(seed).dirichlet(np.full(7, 0.2), size)
    weights = np.full(size, weight)
    changed = adapted(corrected(members, np.linspace(-1, 1, 7)), weights, PRIOR)
    assert np.isfinite(changed).all()
    assert np.allclose(changed.sum(1), 1)
    assert (weights @ changed).sum() == pytest.approx(weights.sum())


def test_no_emotion_is_impossible_because_eight_bits_round_it_to_zero() -> None:
    certain = np.array([[0.0, 0, 0, 1, 0, 0, 0]])
    assert (corrected(certain, np.zeros(7)) > 0).all()


def reference(sharpness: float = 1.5) -> Reference:
    """Return what the metadata say of a model whose answers are those of `group`."""
    nats = [entropy(group(np.eye(7)[emotion], 2000, sharpness)) for emotion in range(7)]
    return Reference(np.zeros(7), PRIOR, np.array([n.mean() for n in nats]), np.array([(n**2).mean() for n in nats]))


def test_a_large_group_like_the_reference_is_estimated_by_its_mix() -> None:
    truth = np.array([0.3, 0.1, 0.1, 0.1, 0.3, 0.05, 0.05])
    members = group(truth, 400)
    weights = np.ones(400)
    labels = most_probable(members)
    error = np.abs(estimate(members, labels, weights, reference()) / 400 - truth).sum()
    assert error < 0.75 * np.abs(labels.mean(0) - truth).sum()


def test_a_group_unlike_the_reference_is_counted_by_labels() -> None:
    """Faces that are all alike unclear, as in a dim room: a shifted mix does not explain them."""
    members = group(PRIOR, 200, sharpness=0.6)
    labels = most_probable(members)
    assert estimate(members, labels, np.ones(200), reference()).tolist() == labels.sum(0).tolist()


@given(st.integers(1, 40), st.integers(0, 2**32 - 1), st.floats(0.05, 5))
def test_the_estimate_is_as_many_people_as_there_are(size: int, seed: int, weight: float) -> None:
    members = np.random.default_rng(seed).dirichlet(np.full(7, 0.2), size)
    alike = Reference(np.zeros(7), PRIOR, np.full(7, 1.0), np.full(7, 1.2))
    found = estimate(members, most_probable(members), np.full(size, weight), alike)
    assert np.isfinite(found).all()
    assert found.min() >= 0
    assert found.sum() == pytest.approx(size * weight)
