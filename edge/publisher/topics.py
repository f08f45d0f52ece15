"""Names of the topics of one device."""

from edge.config import Settings


class Topics:
    """`<base>/<site>/<device>/…`, see the contract."""

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
