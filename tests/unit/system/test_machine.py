"""Which start of the machine it is, also where /proc does not say so."""

from pathlib import Path

import pytest

from edge.system import machine

BOOT = "6f1c2a9e-0d4b-4c1e-9a57-2b8f3e6d7c90"
OTHER = "0a1b2c3d-1111-4222-8333-444455556666"


@pytest.mark.parametrize(
    ("said", "readable", "known"),
    [
        (BOOT.replace("-", ""), None, BOOT),  # as systemd writes it
        (BOOT, None, BOOT),
        (BOOT, OTHER, BOOT),  # a unit's own /proc in a container holds the id of the host
        (None, OTHER, OTHER),
        ("no id", OTHER, OTHER),
        ("", None, ""),
        (None, None, ""),
    ],
)
def test_what_systemd_says_comes_before_what_proc_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str | None, readable: str | None, known: str
) -> None:
    proc = tmp_path / "boot_id"
    if readable is not None:
        proc.write_text(f"{readable}\n")
    monkeypatch.setattr(machine, "_BOOT", proc)
    monkeypatch.delenv("EMOTION_EDGE_MACHINE_BOOT", raising=False)
    if said is not None:
        monkeypatch.setenv("EMOTION_EDGE_MACHINE_BOOT", said)
    assert machine.machine_boot() == known
