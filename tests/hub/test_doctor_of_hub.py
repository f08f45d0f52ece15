"""What `doctor` says of a hub on this machine."""

from pathlib import Path

import pytest

from edge.config import Settings
from edge.doctor import hub
from edge.doctor.doctor import examine


@pytest.fixture
def unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Properties of the hub's unit, on a machine where a hub is configured."""
    properties = {"LoadState": "loaded", "ActiveState": "active", "StatusText": "broker ok, 7 records stored"}
    config = tmp_path / "hub.toml"
    config.write_text("")
    monkeypatch.setattr(hub, "CONFIG", config)
    monkeypatch.setattr(hub, "_CERTIFICATE", tmp_path / "none")
    monkeypatch.setattr(hub, "unit_properties", lambda _unit: properties)
    return properties


@pytest.mark.parametrize(
    ("change", "state", "said"),
    [
        ({}, "ok", "active: broker ok, 7 records stored"),
        ({"StatusText": "no broker, 0 records stored"}, "warning", "no broker"),
        ({"StatusText": "broker ok, 7 records stored; x: cannot grow; free some space"}, "warning", "cannot grow"),
        ({"ActiveState": "failed"}, "failed", "is failed"),
        ({"LoadState": "not-found"}, "failed", "is not installed"),
    ],
)
def test_the_state_of_the_service_is_named(unit: dict[str, str], change: dict[str, str], state: str, said: str) -> None:
    unit.update(change)
    finding = next(hub.check())
    assert (finding.code, finding.state) == ("hub", state)
    assert said in finding.sentence
    assert bool(finding.remedy) == (state != "ok")


def test_a_hub_without_a_device_is_not_blamed_for_a_missing_camera(unit: dict[str, str], tmp_path: Path) -> None:
    assert unit
    findings = examine(Settings(), tmp_path / "config.toml", [], promises=False)
    assert {"clock", "hub", "hub.disk"} <= {finding.code for finding in findings} <= {
        "clock", "heat", "power", "hub", "hub.disk"
    }  # fmt: skip


def test_without_a_hub_nothing_is_said(unit: dict[str, str]) -> None:
    assert unit
    hub.CONFIG.unlink()
    assert list(hub.check()) == []
