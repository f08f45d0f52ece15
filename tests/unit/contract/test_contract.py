"""The contract's files say what the code does."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import validator_for

from edge.config import Settings
from edge.contract.topics import Topics
from tests.support.contract import amounts, document, messages, validator

SPECS = Path(os.environ.get("ASYNCAPI_SPECS", "node_modules/@asyncapi/specs"))


def test_every_topic_of_a_device_has_a_channel_and_the_other_way_round() -> None:
    settings = Settings.model_validate({"device": {"site": "{site}"}}).model_copy()
    topics = set(vars(Topics(settings, "{device}")).values())
    assert {channel["address"] for channel in document()["channels"].values()} == topics


@pytest.mark.parametrize("name", document()["components"]["messages"])
def test_every_message_has_examples_and_they_keep_to_it(name: str) -> None:
    message = document()["components"]["messages"][name]
    assert message["examples"]
    for example in message["examples"]:
        validator(message).validate(example["payload"])
        if name == "record":
            assert amounts(example["payload"])


@pytest.mark.parametrize(
    "change",
    [
        {"picture": "iVBORw0KGgo="},
        {"suppressed": "hidden"},
        {"seq": -1},
        {"seq": 1.5},
        {"faces": {"mean": 3.0}},
        {"emotions": {}},
        {"start": "yesterday"},
        {"mode": None},
        {"other": -0.1},
    ],
)
def test_the_schema_refuses_what_a_device_never_sends(change: dict[str, Any]) -> None:
    (message,) = messages("counts")
    example = message["examples"][0]["payload"]
    assert not validator(message).is_valid(example | change)


def test_no_field_is_ever_missing() -> None:
    (message,) = messages("counts")
    example = message["examples"][0]["payload"]
    for name in example:
        assert not validator(message).is_valid({key: value for key, value in example.items() if key != name}), name


@pytest.mark.skipif(not SPECS.is_dir(), reason="npm install --no-save @asyncapi/specs, or set ASYNCAPI_SPECS")
def test_the_document_is_valid_asyncapi() -> None:
    schema = json.loads((SPECS / "schemas" / "3.0.0.json").read_text())
    errors = validator_for(schema).iter_errors(document())
    assert not [f"{list(error.instance_path)}: {error.message[:300]}" for error in errors]
