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
_SILENCES = 5
"""So many attempts in a row without an answer, and a broker that spoke MQTT 5 may have been replaced by another one."""

__all__ = ["MQTT_3_1_1", "MQTT_5", "NAMES", "ProtocolChoice", "Setting", "Version"]


@dataclass(frozen=True)
class ProtocolChoice:
    """What to speak with one broker at the next attempt.

    Attributes:
        setting: of `mqtt.protocol`; only `auto` leaves a choice.
        version: what to speak.
        provisional: how the broker did not answer MQTT 5, which is why 3.1.1 was chosen; one that hangs or restarts
            does the same, so this is no proof. None: it is not in doubt.
        speaks_5: the broker has accepted MQTT 5.
        silences: attempts in a row without an answer.

    """

    setting: Setting
    version: Version
    provisional: type[BrokerError] | None = None
    speaks_5: bool = False
    silences: int = 0

    @classmethod
    def first(cls, setting: Setting) -> Self:
        """Return the choice before anything is known of a broker."""
        return cls(setting, MQTT_3_1_1 if setting == "3.1.1" else MQTT_5)

    def after_failure(self, error: BrokerError) -> "ProtocolChoice":
        """Return the choice after an attempt that failed; it is worth another try at once where it is `older`."""
        if self.setting != "auto" or not isinstance(error, (ProtocolNotSupported, *_UNANSWERED)):
            return self
        silent = isinstance(error, _UNANSWERED)
        if self.version == MQTT_5:
            silences = self.silences + 1 if silent else 0
            if silent and self.speaks_5 and silences < _SILENCES:
                return replace(self, silences=silences)
            return replace(self, version=MQTT_3_1_1, provisional=type(error) if silent else None, silences=silences)
        if silent:  # it answers neither, which proves nothing about either
            return replace(self, version=MQTT_5, provisional=None, silences=0)
        return self

    def after_acceptance(self) -> "ProtocolChoice":
        """Return the choice for the connection after one that was accepted."""
        if self.provisional:
            return ProtocolChoice.first(self.setting)
        return replace(self, speaks_5=self.version == MQTT_5, silences=0)

    def after_second_acceptance(self) -> "ProtocolChoice":
        """Return the choice where a living broker did not answer MQTT 5 twice: to hang up is proof, silence is none."""
        if self.provisional is NoAnswer:
            return ProtocolChoice.first(self.setting)
        return replace(self, provisional=None, silences=0)

    def older(self, than: "ProtocolChoice") -> bool:
        """Whether this is an earlier version of MQTT than the other choice."""
        return self.version < than.version
