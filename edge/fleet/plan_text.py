"""The plan of an upgrade on a terminal."""

from edge.fleet.plan import Plan, Step
from edge.fleet.plan_words import STATES, change
from edge.fleet.text import table
from edge.watch.words import clean

_HEAD = ("BATCH", "SITE", "ROOM", "DEVICE", "VERSION", "MODEL", "STATE")


def plan_text(plan: Plan) -> str:
    """Return a table by batches, under each device what is in its way, a sum, and what holds for all."""
    cells = [_cells(step) for step in plan.steps]
    lines = table(_HEAD, cells, [step.troubles for step in plan.steps])
    lines.append(
        f"{len(plan.steps)} devices, {len(plan.batches)} batches: {plan.count('ready')} can be upgraded, "
        f"{plan.count('blocked')} cannot now (!), {plan.count('there')} run it already, "
        f"{plan.count('unlisted')} are not in the inventory"
    )
    return "\n".join([*lines, *plan.notes])


def _cells(step: Step) -> tuple[str, ...]:
    room, info = step.room, step.room.info
    return (
        str(step.batch or ""),
        clean(room.place.site),
        clean(room.name),
        clean(room.place.device),
        change(clean(info.version) if info else None, step.version),
        change(info.model if info else None, step.model),
        STATES[step.state],
    )
