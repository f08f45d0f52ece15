"""Which version of MQTT is spoken next, from the setting and what happened."""

import pytest

from edge.config import Mqtt
from edge.mqtt.errors import (
    AuthenticationFailed,
    BrokerError,
    BrokerHungUp,
    BrokerRefusedConnection,
    NoAnswer,
    NotMqtt,
    ProtocolNotSupported,
)
from edge.mqtt.protocol import MQTT_3_1_1, MQTT_5, ProtocolChoice, Setting

BROKER = Mqtt().brokers[0]
SAID = ProtocolNotSupported(BROKER, 0x84, "refused", "")
OTHER = AuthenticationFailed(BROKER, 0x87, "refused", "")
AWAY, SILENT, HUNG_UP, NOISE = (
    kind(BROKER, "", "") for kind in (BrokerRefusedConnection, NoAnswer, BrokerHungUp, NotMqtt)
)


@pytest.mark.parametrize("error", [SAID, SILENT, HUNG_UP, NOISE])
def test_mqtt_5_that_a_broker_does_not_answer_is_followed_by_3_1_1(error: BrokerError) -> None:
    first = ProtocolChoice.first("auto")
    assert first.version == MQTT_5
    after = first.after_failure(error)
    assert after.version == MQTT_3_1_1
    assert after.older(first)


@pytest.mark.parametrize("error", [AWAY, OTHER])
def test_a_failure_that_says_nothing_of_the_protocol_changes_nothing(error: BrokerError) -> None:
    first = ProtocolChoice.first("auto")
    assert first.after_failure(error) == first


@pytest.mark.parametrize(("setting", "version"), [("5", MQTT_5), ("3.1.1", MQTT_3_1_1)])
def test_a_protocol_that_is_set_is_kept(setting: Setting, version: int) -> None:
    choice = ProtocolChoice.first(setting)
    assert choice.version == version
    for error in (SAID, SILENT, HUNG_UP, NOISE, OTHER, AWAY):
        assert choice.after_failure(error) == choice


@pytest.mark.parametrize("error", [SILENT, HUNG_UP])
def test_a_broker_that_answers_neither_is_asked_for_mqtt_5_again(error: BrokerError) -> None:
    first = ProtocolChoice.first("auto")
    assert first.after_failure(error).after_failure(error) == first


def test_3_1_1_is_kept_where_the_broker_asked_for_it_and_not_where_it_was_only_silent() -> None:
    """A network that loses packets is silent, too; without MQTT 5 a refused record looks like one that arrived."""
    first = ProtocolChoice.first("auto")
    assert first.after_failure(SAID).after_acceptance().version == MQTT_3_1_1
    assert first.after_failure(SILENT).after_acceptance().version == MQTT_5
    assert first.after_failure(SILENT).after_second_acceptance().version == MQTT_5
    assert first.after_failure(HUNG_UP).after_acceptance().version == MQTT_5
    assert first.after_failure(HUNG_UP).after_second_acceptance().version == MQTT_3_1_1, "it hung up twice, alive"


@pytest.mark.parametrize("error", [SILENT, HUNG_UP, NOISE])
def test_a_broker_that_spoke_mqtt_5_is_not_asked_for_less_because_it_hangs_or_restarts(error: BrokerError) -> None:
    choice = ProtocolChoice.first("auto").after_acceptance()
    for _ in range(4):
        choice = choice.after_failure(error)
        assert choice.version == MQTT_5
    assert choice.after_failure(error).version == MQTT_3_1_1, "it may have been replaced"
    assert choice.after_failure(SAID).version == MQTT_3_1_1
