"""The contract's files say what the code does."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import validator_for

from edge.config import Settings
from edge.contract.reading import Message, RefusedMessage, read
from edge.contract.topics import Topics
from tests.support.contract import BASE, amounts, document, messages, validator

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


def received(leaf: str, payload: dict[str, Any]) -> Message:
    """Return what a hub makes of a payload."""
    topic = f"{BASE}{payload.get('site', 'annex')}/{payload['device']}/{leaf}"
    return read(BASE.rstrip("/"), topic, json.dumps(payload).encode())[1]


def with_more(value: Any) -> Any:
    """Return a value of JSON with one key more in each of its objects."""
    if isinstance(value, list):
        return [with_more(one) for one in value]
    return {**{key: with_more(one) for key, one in value.items()}, "new": "1"} if isinstance(value, dict) else value


def payloads(leaf: str) -> list[dict[str, Any]]:
    """Return the examples of a leaf."""
    found = [example["payload"] for message in messages(leaf) for example in message["examples"]]
    more = {"lost": [{"cause": "spool_damaged", "records": 3}], "board_defaults": {}}
    return [payload | {key: value for key, value in more.items() if key in payload} for payload in found]


@pytest.mark.parametrize("leaf", ["counts", "health", "info"])
def test_a_hub_takes_the_messages_of_a_device_of_a_later_release(leaf: str) -> None:
    """It refused the whole record where a field was added within an object, though `schema` stays as it is then."""
    for payload in payloads(leaf):
        later = with_more(payload) | {key: value for key, value in payload.items() if key == "board_defaults"}
        assert received(leaf, later) == received(leaf, payload)


@pytest.mark.parametrize(
    ("leaf", "wrong"),
    [
        ("counts", {"faces": [{"mean": 3.0, "max": 3, "new": 1}]}),
        ("counts", {"faces": {"mean": "3", "max": 3, "new": 1}}),
        ("counts", {"faces": {"mean": 3.0, "new": 1}}),
        ("counts", {"faces": "3"}),
        ("health", {"camera": {"state": "new", "error": None, "restarts": 0}}),
        ("health", {"lost": {"cause": "spool_damaged", "records": 3}}),
        ("health", {"lost": [[{"cause": "spool_damaged", "records": 3}]]}),
        ("info", {"board_defaults": {"new": 1}}),
    ],
)
def test_what_a_hub_knows_must_still_have_its_type(leaf: str, wrong: dict[str, Any]) -> None:
    for payload in payloads(leaf):
        with pytest.raises(RefusedMessage, match="not of the contract"):
            received(leaf, payload | wrong)


@pytest.mark.skipif(not SPECS.is_dir(), reason="npm install --no-save @asyncapi/specs, or set ASYNCAPI_SPECS")
def test_the_document_is_valid_asyncapi() -> None:
    schema = json.loads((SPECS / "schemas" / "3.0.0.json").read_text())
    errors = validator_for(schema).iter_errors(document())
    assert not [f"{list(error.instance_path)}: {error.message[:300]}" for error in errors]
