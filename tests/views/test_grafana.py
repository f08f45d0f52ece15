"""Grafana's dashboard, read and written by the Foundation SDK, which Grafana makes of its own schemas."""

import json
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from tests.views.grafana import DASHBOARD


def lost(before: Any, after: Any, path: str = "") -> list[str]:
    """Return where something of `before` is missing or another in `after`."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [each for key, value in before.items() for each in lost(value, after.get(key), f"{path}/{key}")]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [each for one, other in zip(before, after, strict=True) for each in lost(one, other, path)]
    return [] if before == after else [path]


def test_grafana_knows_every_option_of_the_dashboard() -> None:
    """Its types drop an option with a wrong name, and Grafana then shows something else."""
    register_default_plugins()
    read = Dashboard.from_json(DASHBOARD)
    assert set(lost(DASHBOARD, json.loads(JSONEncoder().encode(read)))) == {
        # Of what a data source asks, these types know nothing where it stands outside of a panel.
        *(f"/annotations/list/target/{name}" for name in DASHBOARD["annotations"]["list"][0]["target"]),
        "/templating/list/definition",
    }
