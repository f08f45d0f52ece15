"""Versions of MQTT, and which one to speak with a broker: a pure choice from the setting and what happened so far."""

from dataclasses import dataclass, replace
from typing import Literal, Self

from paho.mqtt.enums import MQTTProtocolVersion as Version

from edge.mqtt.errors import BrokerError, BrokerHungUp, NoAnswer, NotMqtt, ProtocolNotSupported

MQTT_5, MQTT_3_1_1 = Version.MQTTv5, Version.MQTTv311
NAMES = {MQTT_5: "5", MQTT_3_1_1: "3.1.1"}

Setting = Literal["auto", "5", "3.1.1"]
"""Values of `mqtt.protocol`."""

_UNANSWERED = (NoAnswer, BrokerHungUp, NotMqtt)
"""Brokers of MQTT 3.1.1 alone do any of these when CONNECT of MQTT 5 comes."""

__all__ = ["MQTT_3_1_1", "MQTT_5", "NAMES", "ProtocolChoice", "Setting", "Version"]


@dataclass(frozen=True)
class ProtocolChoice:
    """What to speak with one broker at the next attempt.

    Attributes:
        setting: of `mqtt.protocol`; only `auto` leaves a choice.
        version: what to speak.
        provisional: 3.1.1 was chosen because the broker was silent, which a network that loses packets is, too.

    """

    setting: Setting
    version: Version
    provisional: bool = False

    @classmethod
    def first(cls, setting: Setting) -> Self:
        """Return the choice before anything is known of a broker."""
        return cls(setting, MQTT_3_1_1 if setting == "3.1.1" else MQTT_5)

    def after_failure(self, error: BrokerError) -> "ProtocolChoice":
        """Return the choice after an attempt that failed; it is worth another try at once where it is `older`."""
        if self.setting != "auto" or not isinstance(error, (ProtocolNotSupported, *_UNANSWERED)):
            return self
        if self.version == MQTT_5:
            return replace(self, version=MQTT_3_1_1, provisional=isinstance(error, NoAnswer))
        if isinstance(error, _UNANSWERED):  # it answers neither, which proves nothing about either
            return ProtocolChoice.first(self.setting)
        return self

    def after_acceptance(self) -> "ProtocolChoice":
        """Return the choice for the connection after one that was accepted."""
        return ProtocolChoice.first(self.setting) if self.provisional else self

    def older(self, than: "ProtocolChoice") -> bool:
        """Whether this is an earlier version of MQTT than the other choice."""
        return self.version < than.version
