"""The payload of a record, made of what disclosure control left of it."""

from typing import Any

from edge.config import Device
from edge.contract.records import Disclosed, IntervalRecord, PrivacyNote, PublishedRecord


def as_published(  # noqa: PLR0913 - all that the payload holds
    record: IntervalRecord,
    disclosed: Disclosed,
    emotions_error: float | None,
    privacy: PrivacyNote,
    device: Device,
    *,
    practice: bool = False,
) -> dict[str, Any]:
    """Return the payload of `counts` as the contract has it.

    Args:
        record: as it came through the door.
        disclosed: what disclosure control left of it.
        emotions_error: people of `disclosed.faces.mean` who may stand under a wrong emotion; None where not known.
        privacy: the settings of disclosure control.
        device: this device's site, room and id, which must not be empty.
        practice: whether it is a record of practice.

    """
    return PublishedRecord(
        **dict(disclosed),
        schema=1,
        device=device.id,
        emotions_error=emotions_error,
        practice=practice,
        site=device.site,
        room=device.room,
        boot=record.boot,
        seq=record.seq,
        start=record.start,
        end=record.end,
        clock=record.clock,
        privacy=privacy,
        model=record.model,
        replayed=False,
    ).model_dump(by_alias=True)
