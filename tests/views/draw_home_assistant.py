"""Home Assistant with its user interface, for one picture: `draw_home_assistant.py CONFIG_FOLDER BROKER_PORT CARD`.

Runs in the environment of home_assistant.sh, imports nothing of this project but the probe beside it. Prints the
address of a view that has the card of deploy/home-assistant, and runs until its input ends. Browsers on this machine
need no login.
"""

import asyncio
import json
import socket
import sys
from pathlib import Path

from home_assistant_probe import SECONDS, start
from homeassistant import runner

_ROOM = "room_12"
_HOURS = 0.02
"""That the graph shows: so long Home Assistant runs, about."""


def configure(folder: Path, card: str) -> int:
    """Write the configuration of a home with one user and one view; return its port."""
    (folder / ".storage").mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    (folder / "configuration.yaml").write_text(
        "homeassistant:\n  name: School\n  time_zone: UTC\n  auth_providers:\n    - type: trusted_networks\n"
        "      trusted_networks: [127.0.0.1]\n      allow_bypass_login: true\n"
        f"http:\n  server_host: 127.0.0.1\n  server_port: {port}\n"
        "frontend:\nlovelace:\n  mode: yaml\nhistory:\nrecorder:\n"
        "logger:\n  default: warning\n"
    )
    lines = "".join(f"      {line}\n" for line in card.splitlines() if not line.startswith("#"))
    view = "title: School\nviews:\n  - path: card\n    title: School\n    panel: false\n    cards:\n    -\n"
    lines = lines.replace("b12", _ROOM).replace("B12", "Room 12 (simulated)")
    lines = lines.replace("hours_to_show: 2", f"hours_to_show: {_HOURS}")
    (folder / "ui-lovelace.yaml").write_text(view + lines)
    onboarding = {"done": ["user", "core_config", "analytics", "integration"]}
    store = {"version": 4, "minor_version": 1, "key": "onboarding", "data": onboarding}
    (folder / ".storage" / "onboarding").write_text(json.dumps(store))
    return port


async def main(folder: Path, broker: int, card: str) -> None:
    """Serve until the input ends."""
    port = configure(folder, card)
    hass = await asyncio.wait_for(start(folder, broker), SECONDS)
    await hass.auth.async_create_user("teacher", group_ids=["system-admin"])
    print(f"http://127.0.0.1:{port}/lovelace/card", file=sys.__stdout__, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await asyncio.wait_for(hass.async_stop(force=True), SECONDS)


if __name__ == "__main__":
    asyncio.set_event_loop_policy(runner.HassEventLoopPolicy(False))
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]).read_text()))
