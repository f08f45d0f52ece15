"""The JSON Schemas of the published messages and of the commands."""

import json
from pathlib import Path
from typing import Any

from edge.contract.home_assistant import Discovery
from edge.contract.records import Health, Info, PrivacyCommand, PublishedRecord, Record

_DIALECT = "http://json-schema.org/draft-07/schema#"  # the dialect of AsyncAPI 3
_MODELS: dict[str, type[Record]] = {
    "counts": PublishedRecord,
    "health": Health,
    "info": Info,
    "home-assistant": Discovery,
    "privacy-set": PrivacyCommand,
}


def schemas() -> dict[str, dict[str, Any]]:
    """Return the schema of each payload that is JSON, by file name."""
    return {f"{name}.schema.json": {"$schema": _DIALECT} | _schema(model) for name, model in _MODELS.items()}


def _schema(model: type[Record]) -> dict[str, Any]:
    # A device publishes every field, except in the discovery message: Home Assistant does not accept null there.
    # In a command, fields can be missing.
    return model.model_json_schema(mode="validation" if model in (PrivacyCommand, Discovery) else "serialization")


def write(folder: Path) -> None:
    """Write one file per schema."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas().items():
        (folder / name).write_text(json.dumps(schema, indent=2) + "\n")
