"""The contract's files, and whether a message keeps to them."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema_rs import Draft7Validator, meta

FOLDER = Path(__file__).parents[2] / "deploy" / "contract"
BASE = "emotion-edge/v1/"
HOME_ASSISTANT = "homeassistant/device/"
RETAINED = {"status", "info", "pause"}
_LEVELS = 4  # base, version, site, device


@cache
def document() -> dict[str, Any]:
    """Return the AsyncAPI document, anchors and merges resolved."""
    loaded: dict[str, Any] = yaml.safe_load((FOLDER / "asyncapi.yaml").read_text())
    return loaded


def messages(leaf: str) -> list[dict[str, Any]]:
    """Return the messages that a topic may carry, named by what follows the device in it."""
    return _carried(f"{BASE}{{site}}/{{device}}/{leaf}")


def _carried(address: str) -> list[dict[str, Any]]:
    for channel in document()["channels"].values():
        if channel["address"] == address:
            names = [message["$ref"].rpartition("/")[2] for message in channel["messages"].values()]
            return [document()["components"]["messages"][name] for name in names]
    return []


def validator(message: dict[str, Any]) -> Draft7Validator:
    """Return the validator of a message's payload."""
    return _validator(json.dumps(message["payload"]))


@cache  # thousands of messages have a dozen schemas
def _validator(schema: str) -> Draft7Validator:
    payload = json.loads(schema)
    if "$ref" in payload:
        payload = json.loads((FOLDER / payload["$ref"]).read_text())
    meta.validate(payload)
    return Draft7Validator(payload)


def breaches(topic: str, payload: Any) -> list[str]:
    """Return what of a message is against the contract."""
    if topic.startswith(HOME_ASSISTANT):
        leaf = topic.rpartition("/")[2]
        allowed = _carried(f"{HOME_ASSISTANT}{{device}}/{leaf}")
        retained = True
    elif topic.startswith(BASE):
        leaf = topic.split("/", _LEVELS)[_LEVELS]
        allowed = messages(leaf)
        retained = leaf in RETAINED
    else:
        return []
    if payload == "" and retained:
        return []  # the device is to be forgotten
    if not allowed:
        return [f"{topic}: no such topic"]
    errors = validator(allowed[0]).iter_errors(payload)
    return [f"{topic}: {list(error.instance_path)}: {error.message}" for error in errors]


def amounts(record: dict[str, Any]) -> bool:
    """Whether what a record tells adds up to the people in view."""
    parts = [*record["emotions"].values(), record["unsure"], record["other"]]
    told = [part for part in parts if part is not None]
    return not told or abs(sum(told) - record["faces"]["mean"]) < 0.01
