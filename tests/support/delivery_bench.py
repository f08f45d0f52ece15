"""A delivery with a clock that a test moves, and a session that only notes what is sent."""

import json
from pathlib import Path
from typing import Any

from edge.config import Settings, Spool
from edge.contract.topics import Topics
from edge.mqtt.events import Message
from edge.publisher.delivery import Delivery
from edge.publisher.spool.spool import Spool as RecordSpool

INTERVAL = 10
"""Seconds of an interval, where a test does not choose another."""


class Bench:
    """A delivery with a clock that a test moves and a session that only notes."""

    def __init__(self, folder: Path, settings: Settings, interval: int = INTERVAL, spool: Spool | None = None) -> None:
        self.now = 100_000.0
        self.sent: list[Message] = []
        self.synced = True
        self.spool = RecordSpool(folder, spool or Spool(), interval, self.monotonic)
        topics = Topics(settings, "pi")
        self.delivery = Delivery(
            self.spool,
            topics,
            interval,
            "pi",
            self.sent.append,
            monotonic=self.monotonic,
            synchronised=lambda: self.synced,
        )

    def monotonic(self) -> float:
        return self.now

    def close_interval(self, seq: int, ago: float = 0.0, **more: Any) -> None:
        payload = {"boot": "6f1c2a9e", "seq": seq, "clock": "synced", "replayed": False, "start": "", "end": ""} | more
        self.delivery.take(payload, self.now - ago)

    def run(self, seconds: float, *, acknowledge: bool = True) -> list[tuple[str, int]]:
        """Let time pass; return topic and number of what was sent."""
        before, end = len(self.sent), self.now + seconds
        answered = before
        while self.now < end:
            self.delivery.run_due()
            while acknowledge and answered < len(self.sent):
                token = self.sent[answered].token
                assert token is not None
                self.delivery.acknowledged(token)
                answered += 1
            self.now += 0.02
        return [(m.topic.rpartition("/")[2], json.loads(m.payload)["seq"]) for m in self.sent[before:]]

    def refuse(self, poison: set[int], seconds: float) -> list[int]:
        """Let time pass with a broker that does not want some records; return the others, as it got them."""
        end, got, at = self.now + seconds, list[int](), len(self.sent)
        while self.now < end:
            self.delivery.run_due()
            for message in self.sent[at:]:
                assert message.token is not None
                if (seq := json.loads(message.payload)["seq"]) in poison:
                    self.delivery.refused(message.token)
                else:
                    got.append(seq)
                    self.delivery.acknowledged(message.token)
            at = len(self.sent)
            self.now += 0.02
        return got
