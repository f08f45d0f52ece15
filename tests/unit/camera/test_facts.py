"""What a camera says about itself crosses a process boundary: as it was, or not at all."""

import json
import math

import pytest

from edge.camera.facts import CameraFacts
from edge.camera.ipc import MAX_MESSAGE, decode, encode

FACTS = CameraFacts("imx708", (0.0, 0.1, 1.0, 0.8), 66.0, 180, ("zoom=1",), ("flicker_hz=50: the camera has none",))


@pytest.mark.parametrize("facts", [CameraFacts(), FACTS])
def test_facts_arrive_as_they_were_sent(facts: CameraFacts) -> None:
    assert decode(encode(facts)) == facts


def test_the_longest_facts_fit_into_one_message() -> None:
    endless = ('"' * 10_000,) * 1_000
    packet = encode(CameraFacts('"' * 10_000, applied=endless, refused=endless))
    assert len(packet) <= MAX_MESSAGE
    decode(packet)


def test_other_letters_than_ascii_are_replaced_before_they_are_sent() -> None:
    received = decode(encode(CameraFacts(model="caméra\x1b[2J")))
    assert isinstance(received, CameraFacts)
    assert received.model == "cam?ra?[2J"


@pytest.mark.parametrize(
    "values",
    [
        {"model": 1},
        {"model": "a\nb"},
        {"model": "a" * 201},
        {"model": "", "crop": [0, 0, 1]},
        {"model": "", "crop": [0, 0, 1, 1.5]},
        {"model": "", "crop": [0.5, 0, 1, 1]},
        {"model": "", "crop": [0, 0, 0, 1]},
        {"model": "", "crop": [math.nan, 0, 1, 1]},
        {"model": "", "crop": [True, 0, 1, 1]},
        {"model": "", "crop": "0011"},
        {"model": "", "field_of_view": math.inf},
        {"model": "", "field_of_view": 180.0},
        {"model": "", "field_of_view": "66"},
        {"model": "", "rotation": 45},
        {"model": "", "rotation": 90.0},
        {"model": "", "rotation": True},
        {"model": "", "applied": "a"},
        {"model": "", "applied": {"a": 1}},
        {"model": "", "refused": [1]},
        {"model": "", "refused": ["a"] * 25},
        {"model": "", "more": 1},
        ["model"],
        "model",
    ],
)
def test_what_is_beyond_its_bounds_is_no_message(values: object) -> None:
    with pytest.raises(ValueError, match="model"):
        decode(json.dumps(values).encode())
