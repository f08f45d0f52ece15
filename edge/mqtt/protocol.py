"""Versions of MQTT, and the order in which they are tried."""

from paho.mqtt.enums import MQTTProtocolVersion as Version

MQTT_5, MQTT_3_1_1 = Version.MQTTv5, Version.MQTTv311

VERSIONS: dict[str, tuple[Version, ...]] = {"auto": (MQTT_5, MQTT_3_1_1), "5": (MQTT_5,), "3.1.1": (MQTT_3_1_1,)}
"""By `mqtt.protocol`: what is tried, first to last."""

__all__ = ["MQTT_3_1_1", "MQTT_5", "VERSIONS", "Version"]
