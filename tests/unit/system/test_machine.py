"""Which start of the machine it is, also where /proc does not say so."""

from pathlib import Path

import pytest

from edge.system import machine

BOOT = "6f1c2a9e-0d4b-4c1e-9a57-2b8f3e6d7c90"


@pytest.mark.parametrize(
    ("said", "known"), [(BOOT.replace("-", ""), BOOT), (BOOT, BOOT), ("no id", ""), ("", ""), (None, "")]
)
def test_a_unit_that_may_not_read_proc_is_told_by_its_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str | None, known: str
) -> None:
    monkeypatch.setattr(machine, "_BOOT", tmp_path / "absent")
    monkeypatch.delenv("EMOTION_EDGE_MACHINE_BOOT", raising=False)
    if said is not None:
        monkeypatch.setenv("EMOTION_EDGE_MACHINE_BOOT", said)
    assert machine.machine_boot() == known
