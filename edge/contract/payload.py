"""From what was counted and may be told to what is published."""

from typing import Any

from edge.config import Settings
from edge.contract.records import Disclosed, IntervalRecord, PrivacyNote, PublishedRecord


def as_published(
    record: IntervalRecord, disclosed: Disclosed, privacy: PrivacyNote, settings: Settings, device: str
) -> dict[str, Any]:
    """Return the payload of `counts` as the contract has it.

    Args:
        record: as it came through the door.
        disclosed: what disclosure control left of it.
        privacy: the settings under which it did.
        settings: for site and room.
        device: id of this device.

    """
    return PublishedRecord(
        **dict(disclosed),
        schema=1,
        device=device,
        site=settings.device.site,
        room=settings.device.room,
        boot=record.boot,
        seq=record.seq,
        start=record.start,
        end=record.end,
        clock=record.clock,
        privacy=privacy,
        model=record.model,
        replayed=False,
    ).model_dump(by_alias=True)
