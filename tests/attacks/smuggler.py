"""A compromised observer: it speaks to the door as it likes, and hides a face crop in all that it may say."""

import contextlib
import itertools
import json
import math
import random
import secrets
import socket
import time
from pathlib import Path
from typing import Any, get_args

from edge.contract.records import Picture
from edge.model.metadata import read_metadata
from edge.model.path import model_path
from tests.attacks.probe import LABELS
from tests.support.counts import closed, counts

CROP_BITS = 48 * 48 * 8
PEOPLE = 40
STEP = 0.2
"""What the mean of so many people is published in."""
_CELLS = len(LABELS)
_UNITS = round(PEOPLE / STEP)
BITS = math.floor(math.log2(math.comb(_UNITS + _CELLS - 1, _CELLS - 1)))
"""Of one record whose people are spread in one of all possible ways."""


class Smuggler:
    """A raw socket to the door, and a secret of random bits: what a reader finds of it has got out."""

    def __init__(self, door: Path) -> None:
        self.secret = random.Random(48)
        self.sent: list[int] = []
        """What was hidden in the people of each legal record, `BITS` bits each."""
        self.attempts = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.connect(str(door))
        self._socket.setblocking(False)
        self._model = read_metadata(model_path("standard")).model_name
        self._boot = secrets.token_hex(4)
        self._seq = 0

    def record(self, **changes: Any) -> None:
        """Hand in the record of another interval, which holds as many bits as it can, `changes` besides."""
        self.more(**changes)
        self._seq += 1

    def more(self, **changes: Any) -> None:
        """Hand in one more record of the same interval."""
        number = self.secret.getrandbits(BITS)
        cells = [units * STEP for units in spread(number)]
        legal = closed(self._seq, time.monotonic(), self._boot, model=self._model, **counts(float(PEOPLE)).model_dump())
        analysed = self.secret.randint(1, 10**6)
        values: dict[str, Any] = legal.model_dump() | {
            "frames": {"analysed": analysed, "expected": self.secret.randint(1, 10**6)},
            "emotions": {name: round(value, 1) for name, value in zip(LABELS[:-1], cells, strict=False)},
            "unsure": round(cells[-1], 1),
            "observations": {
                name: self.secret.randint(0, min(10**8, PEOPLE * analysed // len(LABELS))) for name in LABELS
            },
        }
        self.packet(values | changes)
        self.sent.append(number)

    def heartbeat(self, **changes: Any) -> None:
        """Send a heartbeat full of secrets."""
        values: dict[str, Any] = {
            "kind": "heartbeat",
            "boot": secrets.token_hex(4),
            "monotonic": time.monotonic(),
            "camera": {
                "state": self.secret.choice(["starting", "running", "retrying", "paused"]),
                "error": self.secret.choice([None, "CameraMissing", "CameraBusy"]),
                "restarts": self.secret.randint(0, 10**8),
            },
            "paused_by": {name: self.secret.random() < 0.5 for name in ("remote", "schedule", "button")},
            "frames_per_second": self.secret.randint(0, 10_000) / 10,
            "seconds_between_scans": self.secret.randint(0, 100_000) / 10,
            "light": self.secret.choice(["good", "dim", "too_dark", None]),
            "picture": self.secret.choice([*get_args(Picture), None]),
            "resident_megabytes": self.secret.randint(0, 10**6),
            "network_isolated": self.secret.random() < 0.5,
            "model": self._model,
            "runtime": self.secret.choice(["ai-edge-litert", "tflite-runtime", "opencv"]),
            "configuration": secrets.token_hex(6),
        }
        self.packet(values | changes)

    def packet(self, values: dict[str, Any]) -> None:
        """Send any packet; a door that does not read it at once loses it."""
        self.attempts += 1
        with contextlib.suppress(BlockingIOError):
            self._socket.send(json.dumps(values).encode())
        with contextlib.suppress(BlockingIOError):
            while self._socket.recv(4096):
                pass

    def free_text(self) -> str:
        """Return a model's name that the schema allows, and that holds 258 bits."""
        letters = "abcdefghijklmnopqrstuvwxyz0123456789.-"
        return f"{''.join(self.secret.choices(letters, k=40))} (sha256 {secrets.token_hex(6)})"

    def close(self) -> None:
        self._socket.close()


def spread(number: int) -> list[int]:
    """Return the way with this number to spread `_UNITS` units over the cells (combinatorial number system)."""
    bars, place = [], _UNITS + _CELLS - 1
    for left in range(_CELLS - 1, 0, -1):
        while math.comb(place, left) > number:
            place -= 1
        bars.append(place)
        number -= math.comb(place, left)
    edges = [-1, *reversed(bars), _UNITS + _CELLS - 1]
    return [after - before - 1 for before, after in itertools.pairwise(edges)]


def number_of(record: dict[str, Any]) -> int | None:
    """Return the number that a published record holds; None where it holds none."""
    cells = [*(record["emotions"][name] for name in LABELS[:-1]), record["unsure"]]
    if None in cells:
        return None
    units, place, number = [round(value / STEP) for value in cells], -1, 0
    for index, unit in enumerate(units[:-1], start=1):
        place += unit + 1
        number += math.comb(place, index)
    return number
