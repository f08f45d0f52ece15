"""The numbers of the records that have come."""

from tests.conftest import Subscriber


def numbers(subscriber: Subscriber) -> dict[str, set[int]]:
    """Return the numbers of all records that have come, live or backfill, by boot."""
    while not subscriber.messages.empty():
        subscriber.seen.append(subscriber.messages.get())
    found: dict[str, set[int]] = {}
    for topic, payload, _retained in subscriber.seen:
        if "/counts" in topic:
            found.setdefault(payload["boot"], set()).add(payload["seq"])
    return found


def missing(subscriber: Subscriber) -> dict[str, set[int]]:
    """Return the numbers that are missing before the last one of each boot.

    A backlog is sent beside the live records: one of its records may come after a later live one, so await that
    nothing is missing.
    """
    gaps = {boot: set(range(max(found))) - found for boot, found in numbers(subscriber).items()}
    return {boot: gap for boot, gap in gaps.items() if gap}
