"""The plan of an upgrade as a page."""

from edge.fleet.document import Edge, document, row
from edge.fleet.plan import Plan, State, Step
from edge.fleet.plan_words import STATES, change

_HEAD = ("Batch", "Site", "Room", "Device", "Host", "Version", "Model", "State", "What is in the way")
_EDGES: dict[State, Edge] = {"ready": "fine", "there": "fine", "unlisted": "soon", "blocked": "now"}


def plan_page(plan: Plan) -> str:
    """Return the page."""
    tiles = (
        (plan.count("ready"), "can be upgraded"),
        (plan.count("blocked"), "cannot be upgraded now"),
        (plan.count("there"), "run it already"),
        (plan.count("unlisted"), "are not in the inventory"),
        (len(plan.batches), "batches"),
    )
    return document(
        "Plan of an upgrade", plan.at, tiles=tiles, head=_HEAD, rows=map(_row, plan.steps), notes=plan.notes
    )


def _row(step: Step) -> str:
    room, info = step.room, step.room.info
    weak = step.state == "ready" and step.troubles
    cells = (
        f"{step.batch}{' (canary)' if step.batch == 1 else ''}" if step.batch else "",
        room.place.site,
        room.name,
        room.place.device,
        step.host,
        change(info.version if info else None, step.version),
        change(info.model if info else None, step.model),
        STATES[step.state],
    )
    return row("soon" if weak else _EDGES[step.state], cells, step.troubles, "nothing")
