"""The topic names of one device."""

from edge.config import Settings

PAUSE_ORDERS = {b"ON": True, b"OFF": False}
"""Payloads of `pause/set`, and whether each pauses."""


class Topics:
    """`<base>/<site>/<device>/…` and the topics of Home Assistant; see docs/reference/contract.md."""

    def __init__(self, settings: Settings, device: str) -> None:
        root = f"{settings.mqtt.base}/{settings.device.site}/{device}"
        self.status = f"{root}/status"
        self.counts = f"{root}/counts"
        self.backfill = f"{root}/counts/backfill"
        self.health = f"{root}/health"
        self.info = f"{root}/info"
        self.pause = f"{root}/pause"
        self.pause_set = f"{root}/pause/set"
        self.privacy_set = f"{root}/privacy/set"
        self.discovery = f"{settings.home_assistant.prefix}/device/{device}/config"
        self.home_assistant = f"{settings.home_assistant.prefix}/status"
