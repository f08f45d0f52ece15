"""Inventories of simulated devices, and a release that is newer than theirs."""

import json
import zipfile
from pathlib import Path
from typing import Any

from edge.config import Settings
from edge.config.device import Device
from edge.contract.records import Info
from edge.contract.topics import Topics
from edge.model.path import model_path
from edge.simulation.reports import MODEL, Reports

NEWER = "99.1"


def release(folder: Path, version: str = NEWER) -> Path:
    """Write what a plan reads of a wheel: its name, and the models in it; the simulated one with another digest."""
    path = folder / f"emotion_edge-{version}-py3-none-any.whl"
    simulated = {"name": MODEL.partition(" ")[0], "sha256": "1" * 64}
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.write(model_path("standard").with_suffix(".json"), "edge_models/standard.json")
        wheel.writestr("edge_models/simulated.json", json.dumps(simulated))
    return path


def inventory(folder: Path, devices: int, wheel: Path, *canaries: int) -> Path:
    """Write an inventory of Ansible; hosts have other names than devices, and its order is its own."""
    hosts = "".join(
        f"        pi-{number}.example: {{device_id: sim-{number:05}}}\n" for number in reversed(range(devices))
    )
    group = "".join(f"        pi-{number}.example:\n" for number in canaries)
    file = folder / "school.yml"
    file.write_text(f"""\
all:
  children:
    {f"canary:{chr(10)}      hosts:{chr(10)}{group}" if canaries else "nobody:"}
    devices:
      vars:
        device_site: north
        device_wheel: "{{{{ inventory_dir }}}}/{wheel.name}"
      hosts:
{hosts}""")
    return file


def info(**changes: Any) -> Info:
    """Return the facts of a simulated device, with changes."""
    settings = Settings(device=Device(id="pi", site="north", room="B12"))
    (_status, message, _pause) = Reports(settings, Topics(settings, "pi")).arrival(None)
    return Info.model_validate_json(message.payload).model_copy(update=changes)
