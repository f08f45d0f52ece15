"""The plan of an upgrade in words: the same on the terminal and on the page."""

from edge.fleet.plan import State

STATES: dict[State, str] = {
    "ready": "can be upgraded",
    "there": "runs it already",
    "blocked": "cannot be upgraded now",
    "unlisted": "is not in the inventory",
}


def change(now: str | None, then: str) -> str:
    """Return what becomes of a version or a model; of another version of the same model, the digest alone."""
    if not then or now == then:
        return now or ""
    name = (now or "").partition(" ")[0]
    return f"{now or 'not known'} → {then.removeprefix(f'{name} ') if name else then}"
