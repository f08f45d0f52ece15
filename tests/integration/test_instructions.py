"""The program has not become dearer: a gate on instructions, which no busy machine disturbs."""

import json

import pytest

from tests.instructions import gate


@pytest.mark.timeout(1800)  # half a minute of processor time, of which a busy machine gives little
def test_nothing_costs_a_tenth_more_instructions_than_recorded() -> None:
    if lacking := gate.missing():
        pytest.skip(f"{lacking} is missing")
    recorded = json.loads(gate.RECORDED.read_text())
    if (here := gate.conditions()) != recorded["conditions"]:
        pytest.skip(f"recorded with {recorded['conditions']}, not with {here}")
    counted = gate.measure()
    dearer = {
        name: round(counted.one(name) / millions, 3)
        for name, millions in recorded["millions"].items()
        if counted.one(name) > gate.MOST * millions
    }
    assert dearer == {}, "if it is worth its price: python -m tests.instructions.gate --record"
