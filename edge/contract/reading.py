"""Messages from a broker: untrusted, so checked against the contract."""

from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from edge.contract.records import Health, Info, PublishedRecord


class Status(NamedTuple):
    """`online` or `offline`, as the retained `status` has it."""

    online: bool


class Paused(NamedTuple):
    """The retained state of `pause`."""

    paused: bool


class Place(NamedTuple):
    """Site and device of a topic."""

    site: str
    device: str


Message = PublishedRecord | Health | Info | Status | Paused
Leaf = Literal["counts", "counts/backfill", "health", "info", "status", "pause"]
"""What is read under a device."""
Breach = Literal["unknown topic", "not JSON", "not of the contract", "no such time", "name of another device"]
"""Why a message is refused."""
_SWITCHES: dict[tuple[str, bytes], Message] = {
    ("status", b"online"): Status(online=True),
    ("status", b"offline"): Status(online=False),
    ("pause", b"ON"): Paused(paused=True),
    ("pause", b"OFF"): Paused(paused=False),
}
_RETAINED = ("status", "info", "pause")
_MODELS: dict[str, type[BaseModel]] = {
    "counts": PublishedRecord,
    "counts/backfill": PublishedRecord,
    "health": Health,
    "info": Info,
}


_LONGEST_LEVEL = 64
"""Characters of a site or a device, as in every payload."""


class RefusedMessage(ValueError):
    """A message does not follow the contract; `breach` names why."""

    def __init__(self, breach: Breach) -> None:
        super().__init__(breach)
        self.breach = breach


def read(base: str, topic: str, payload: bytes) -> tuple[Place, Message]:
    """Return sender and message.

    Args:
        base: first levels of every topic.
        topic: of the message.
        payload: of the message.

    Raises:
        RefusedMessage: it does not follow the contract, or names another device than its topic.

    """
    parts = topic.removeprefix(f"{base}/").split("/", 2)
    if len(parts) != 3 or not all(1 <= len(level) <= _LONGEST_LEVEL for level in parts[:2]):  # noqa: PLR2004
        raise RefusedMessage("unknown topic")
    place, leaf = Place(parts[0], parts[1]), parts[2]
    if leaf in {"status", "pause"}:
        if (leaf, payload) not in _SWITCHES:
            raise RefusedMessage("not of the contract")
        return place, _SWITCHES[leaf, payload]
    if leaf not in _MODELS:
        raise RefusedMessage("unknown topic")
    message = _validated(_MODELS[leaf], payload)
    assert isinstance(message, PublishedRecord | Health | Info)
    # The broker controls who may write a topic; it does not control whose name stands in a payload.
    if Place(getattr(message, "site", place.site), message.device) != place:
        raise RefusedMessage("name of another device")
    return place, message


def is_taken_back(topic: str, payload: bytes) -> bool:
    """Return whether a message takes a retained one back; a broker passes it on as an empty one."""
    return not payload and topic.rpartition("/")[2] in _RETAINED


def moment(text: str) -> datetime:
    """Return an instant of the contract; raise ValueError for a day or an hour that does not exist."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def _validated(model: type[BaseModel], payload: bytes) -> BaseModel:
    try:
        said = from_json(payload)
    except ValueError as error:
        raise RefusedMessage("not JSON") from error
    try:
        message = model.model_validate(_known(model, said))
    except ValidationError as error:
        raise RefusedMessage("not of the contract") from error
    try:
        for name in ("start", "end", "time"):
            if hasattr(message, name):
                moment(getattr(message, name))
    except ValueError as error:
        raise RefusedMessage("no such time") from error
    return message


def _known(kind: Any, said: Any) -> Any:  # noqa: ANN401 - what a stranger sent
    """Return a value without the fields that a later release may have added: they are neither shown nor exported.

    Args:
        kind: the model that the value, or each value of a list, should be; or the annotation that names it.
        said: the value. Everything but unknown fields of an object stays as it is, for the model to refuse.

    """
    if isinstance(said, list):
        return [_known(kind, value) for value in said]
    model = _model(kind)
    if model is None or not isinstance(said, dict):
        return said
    kinds = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
    return {name: _known(kinds[name], value) for name, value in said.items() if name in kinds}


def _model(kind: Any) -> type[BaseModel] | None:  # noqa: ANN401 - an annotation
    """Return the model that an annotation is or names, as `Camera | None` and `list[Lost]` do, or None."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    if get_origin(kind) is dict:  # its keys are no fields
        return None
    return next(filter(None, map(_model, get_args(kind))), None)
