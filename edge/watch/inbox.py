"""Messages from a broker: untrusted, so checked against the contract, and de-duplicated."""

from collections import OrderedDict
from datetime import UTC, datetime
from typing import Any, NamedTuple

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
LEAVES = {"counts": 1, "counts/backfill": 1, "health": 0, "info": 1, "status": 1, "pause": 1}
"""What is read under a device, with its QoS."""
_MODELS: dict[str, type[BaseModel]] = {
    "counts": PublishedRecord,
    "counts/backfill": PublishedRecord,
    "health": Health,
    "info": Info,
}


def topics(base: str, site: str, device: str) -> list[tuple[str, int]]:
    """Return what to subscribe to, with QoS; an empty site or device stands for all of them."""
    return [(f"{base}/{site or '+'}/{device or '+'}/{leaf}", qos) for leaf, qos in LEAVES.items()]


def read(base: str, topic: str, payload: bytes) -> tuple[Place, Message] | None:
    """Return sender and message, or None where the message does not follow the contract."""
    parts = topic.removeprefix(f"{base}/").split("/", 2)
    if len(parts) != 3 or parts[2] not in LEAVES:  # noqa: PLR2004 - site, device, leaf
        return None
    place, leaf = Place(parts[0], parts[1]), parts[2]
    if leaf == "status":
        return (place, Status(payload == b"online")) if payload in {b"online", b"offline"} else None
    if leaf == "pause":
        return (place, Paused(payload == b"ON")) if payload in {b"ON", b"OFF"} else None
    try:
        message = _MODELS[leaf].model_validate(_known(_MODELS[leaf], from_json(payload)))
        if isinstance(message, PublishedRecord):
            moment(message.start), moment(message.end)
    except (ValidationError, ValueError):
        return None
    assert isinstance(message, PublishedRecord | Health | Info)
    # The broker controls who may write a topic; it does not control whose name stands in a payload.
    named = Place(getattr(message, "site", place.site), message.device)
    return (place, message) if named == place else None


def _known(model: type[BaseModel], said: Any) -> Any:  # noqa: ANN401 - whatever a stranger sent
    """Return a payload without the fields that a later release may have added: they are neither shown nor exported."""
    if not isinstance(said, dict):
        return said
    names = {field.alias or name for name, field in model.model_fields.items()}
    return {name: value for name, value in said.items() if name in names}


def moment(text: str) -> datetime:
    """Return an instant of the contract; raise ValueError for a day or an hour that does not exist."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


class Seen:
    """Records that have arrived before, by `(device, boot, seq)`; remembers the latest `capacity` of them."""

    def __init__(self, capacity: int = 100_000) -> None:
        self._capacity = capacity
        self._keys: OrderedDict[tuple[str, str, int], None] = OrderedDict()

    def first(self, record: PublishedRecord) -> bool:
        """Whether this record is new."""
        key = (record.device, record.boot, record.seq)
        if key in self._keys:
            self._keys.move_to_end(key)
            return False
        self._keys[key] = None
        if len(self._keys) > self._capacity:
            self._keys.popitem(last=False)
        return True
