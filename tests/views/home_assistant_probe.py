"""`python home_assistant_probe.py CONFIG_FOLDER BROKER_PORT`: Home Assistant without a face, asked in lines of JSON.

Runs in the environment of home_assistant.sh, imports nothing of this project. Asked `{"ask": "states"}` it answers
`{"states": {unique_id: state}}` of every entity of MQTT, null where the entity is registered but has no state; asked
`{"ask": "turn_on", "unique_id": …}` it calls the service of the switch; asked `{"ask": "details", "unique_id": …}` it
answers entity id, area and attributes. It ends in order when its input does, and stores then what it would restore.
"""

import asyncio
import json
import socket
import sys
from pathlib import Path
from typing import Any

from homeassistant import bootstrap, runner
from homeassistant.components.persistent_notification import Notification, UpdateType, async_register_callback
from homeassistant.core import HomeAssistant
from homeassistant.helpers import area_registry, device_registry, entity_registry

SECONDS = 60
NOTIFICATIONS: list[str] = []
"""Messages that a person would see."""


def configure(folder: Path) -> None:
    """Write the smallest configuration: the user interface and its many parts stay away."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    text = f"http:\n  server_host: 127.0.0.1\n  server_port: {port}\nlogger:\n  default: warning\n"
    if (folder / "automations.yaml").exists():
        text += "automation: !include automations.yaml\n"
    (folder / "configuration.yaml").write_text(text)


async def start(folder: Path, port: int) -> HomeAssistant:
    """Boot it, and let MQTT be set up as a person would in the user interface; the second time it knows that."""
    hass = await bootstrap.async_setup_hass(
        runner.RuntimeConfig(config_dir=str(folder), skip_pip=True, recovery_mode=False, safe_mode=False)
    )
    assert hass is not None
    assert not hass.config.recovery_mode, "its configuration was refused"
    await hass.async_start()
    if not hass.config_entries.async_entries("mqtt"):
        flow = await hass.config_entries.flow.async_init("mqtt", context={"source": "user"})
        done = await hass.config_entries.flow.async_configure(flow["flow_id"], {"broker": "127.0.0.1", "port": port})
        assert done["type"] == "create_entry", done
    return hass


def states(hass: HomeAssistant) -> dict[str, Any]:
    """Return the state of every registered entity of MQTT by its unique id."""
    entities = entity_registry.async_get(hass).entities.values()
    found = {entity.unique_id: hass.states.get(entity.entity_id) for entity in entities if entity.platform == "mqtt"}
    return {name: None if state is None else state.state for name, state in found.items()}


def entity(hass: HomeAssistant, unique_id: str) -> entity_registry.RegistryEntry:
    """Return an entity of MQTT."""
    entities = entity_registry.async_get(hass).entities.values()
    return next(entity for entity in entities if entity.platform == "mqtt" and entity.unique_id == unique_id)


def details(hass: HomeAssistant, unique_id: str) -> dict[str, Any]:
    """Return what a person sees beside the state."""
    found = entity(hass, unique_id)
    device = device_registry.async_get(hass).async_get(found.device_id or "")
    area = area_registry.async_get(hass).async_get_area((device and device.area_id) or "")
    state = hass.states.get(found.entity_id)
    return {
        "entity_id": found.entity_id,
        "area": area and area.name,
        "software": device and device.sw_version,
        "serial": device and device.serial_number,
        "link": device and device.configuration_url,
        "attributes": json.loads(json.dumps(dict(state.attributes), default=str)) if state else {},
    }


async def answer(hass: HomeAssistant, question: dict[str, Any]) -> dict[str, Any]:
    """Do or say what was asked."""
    match question["ask"]:
        case "states":
            return {"states": states(hass), "devices": len(device_registry.async_get(hass).devices)}
        case "details":
            return details(hass, question["unique_id"])
        case "notifications":
            return {"notifications": list(NOTIFICATIONS)}
        case "turn_on" | "turn_off" as service:
            target = {"entity_id": entity(hass, question["unique_id"]).entity_id}
            await hass.services.async_call("switch", service, target, blocking=True)
            return {}
        case other:
            return {"error": f"{other}: no such question"}


async def main(folder: Path, port: int) -> None:
    """Answer until the input ends."""
    configure(folder)
    hass = await asyncio.wait_for(start(folder, port), SECONDS)

    def notified(kind: UpdateType, notifications: dict[str, Notification]) -> None:
        NOTIFICATIONS.extend(each["message"] for each in notifications.values() if kind == UpdateType.ADDED)

    async_register_callback(hass, notified)
    answers = sys.stdout
    sys.stdout = sys.stderr
    print(json.dumps({"ready": True}), file=answers, flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        reply = await asyncio.wait_for(answer(hass, json.loads(line)), SECONDS)
        print(json.dumps(reply), file=answers, flush=True)
    await asyncio.wait_for(hass.async_stop(force=True), SECONDS)


if __name__ == "__main__":
    asyncio.set_event_loop_policy(runner.HassEventLoopPolicy(False))
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
