"""The time zone of this machine, by its name."""

from zoneinfo import ZoneInfo

import pytest

from edge.system.time_zone import local_zone


def test_the_zone_is_that_of_the_environment_and_a_rule_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    assert local_zone() == ZoneInfo("Asia/Kolkata")
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    assert local_zone().key
