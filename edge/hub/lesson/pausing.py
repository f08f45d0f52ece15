"""What paused a device in a time of a lesson, and who."""

from collections.abc import Callable, Sequence
from itertools import pairwise

from edge.hub.lesson.reading import Order
from edge.hub.lesson.unavailable import Span

REMOTE = "remote"
EXPLAINS_SECONDS = 60
"""Health that explains the first record may come a moment after it, and after the order."""
_FAR = 2**63
Health = Sequence[tuple[int, list[str]]]
"""From when on, seconds since 1970, which sources paused a device; oldest first."""


def sources(health: Health, span: Span) -> list[str]:
    """Return the sources that paused within a time, by the health that held then."""
    found: set[str] = set()
    for number, (begin, by) in enumerate(health):
        end = health[number + 1][0] if number + 1 < len(health) else span.end + EXPLAINS_SECONDS
        if begin < span.end + EXPLAINS_SECONDS and end > span.begin:
            found |= set(by)
    return sorted(found)


def who_paused(orders: Sequence[Order], span: Span, was_paused: Callable[[int, int], bool]) -> str | None:
    """Return whose order held in a time; None: nobody's that is known.

    An order holds until the next one, or until the device was resumed by others.

    Args:
        orders: oldest first.
        span: the time.
        was_paused: whether all that is known of the time between two others says that the device was paused from afar.

    """
    who = None
    for order, after in pairwise([*orders, Order(_FAR, None)]):
        holds = order.time < span.end and after.time > span.begin
        if order.paused_by is not None and holds and was_paused(order.time + EXPLAINS_SECONDS, span.begin):
            who = order.paused_by
    return who
