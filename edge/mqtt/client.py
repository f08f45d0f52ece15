"""A client for one connection, and the names of paho that other rooms need to use it."""

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from edge.config import Broker, Mqtt
from edge.mqtt.credentials import Secrets
from edge.mqtt.protocol import MQTT_5, Version

SUCCESS = MQTTErrorCode.MQTT_ERR_SUCCESS

__all__ = ["SUCCESS", "Client", "MQTTMessage", "ReasonCode", "new_client"]


def new_client(settings: Mqtt, secrets: Secrets, broker: Broker, client_id: str, protocol: Version) -> Client:
    """Return a client for one connection to `broker`, without history: paho re-sends nothing on its own."""
    client = Client(
        CallbackAPIVersion.VERSION2,
        client_id=client_id,
        protocol=protocol,
        clean_session=None if protocol == MQTT_5 else True,
        reconnect_on_failure=False,
        transport="websockets" if broker.websocket else "tcp",
    )
    client.ws_set_options(broker.path)
    client.connect_timeout = settings.connect_seconds
    if settings.username:
        client.username_pw_set(settings.username, secrets.password)
    if secrets.tls is not None and broker.tls:
        client.tls_set_context(secrets.tls)
    return client
