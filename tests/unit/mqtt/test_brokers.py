"""Which broker of the list is tried next, and how long it may take."""

import pytest

from edge.config import Mqtt
from edge.mqtt.brokers import Brokers
from tests.support.clock import Time

FIRST, SECOND = Mqtt.model_validate({"url": ["mqtt://127.0.0.1:1", "mqtt://127.0.0.1:2"]}).brokers


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def brokers(time: Time) -> Brokers:
    return Brokers([FIRST, SECOND], 30.0, time)


def test_the_order_is_that_of_the_configuration_until_one_fails(brokers: Brokers, time: Time) -> None:
    assert brokers.in_order() == [FIRST, SECOND]
    hold = brokers.failed(FIRST)
    assert brokers.in_order() == [SECOND, FIRST]
    time.now += hold
    assert brokers.in_order() == [FIRST, SECOND]


def test_where_all_have_failed_the_one_that_has_waited_longest_is_first(brokers: Brokers, time: Time) -> None:
    for broker in (FIRST, FIRST, SECOND):
        brokers.failed(broker)
        time.now += 1
    assert brokers.in_order() == [SECOND, FIRST]
    assert not brokers.is_another_free(FIRST)


def test_two_brokers_that_do_not_deliver_are_not_tried_in_quick_turns(brokers: Brokers) -> None:
    assert [brokers.failed(FIRST) > seconds for seconds in (40, 80, 160, 320)] == [True] * 4
    for _ in range(2000):
        longest = brokers.failed(FIRST)
    assert longest <= 2 * 3600


def test_patience_grows_with_a_slow_broker_and_ends_with_a_quick_one(brokers: Brokers) -> None:
    assert brokers.patience(FIRST) == 30
    for _ in range(2):
        brokers.was_slow(FIRST)
    assert (brokers.patience(FIRST), brokers.patience(SECOND)) == (120, 30)
    brokers.worked(FIRST, slowest=100)
    assert brokers.patience(FIRST) == 120
    brokers.worked(FIRST, slowest=1)
    assert brokers.patience(FIRST) == 30


def test_a_broker_that_works_again_is_as_good_as_any(brokers: Brokers) -> None:
    brokers.failed(FIRST)
    assert brokers.is_another_free(FIRST)
    assert not brokers.is_another_free(SECOND)
    brokers.worked(FIRST, slowest=1)
    assert brokers.in_order() == [FIRST, SECOND]
