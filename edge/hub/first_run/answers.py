"""What only the operator knows, as the set-up page asks for it: checked there, and once more by root."""

import json
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import available_timezones

from pydantic import ValidationError

from edge.config.pause import Pause
from edge.errors import UnusableInput
from edge.hub.people import passwords

ACCOUNT = "admin"
"""Name of the first account."""
FIELDS = ("site", "room", "school", "mode", "time_zone", "open", "accepted", "practice", "password")
_MOST_BYTES = 8192
_LONGEST = 64
_SITE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}")


class Answers(NamedTuple):
    """Answers that can be used.

    Attributes:
        site: short name, of which topics are made.
        room: its name, any text.
        mode: presence or emotions.
        time_zone: such as Europe/Berlin.
        open: hours such as mon-fri 07:45-16:00; empty: always.
        practice: yes or no: whether the first thirty minutes are practice.
        password: of the first account.

    """

    site: str
    room: str
    mode: str
    time_zone: str
    open: str
    practice: str
    password: str


def check(said: Mapping[str, str]) -> tuple[Answers | None, dict[str, str]]:
    """Return the answers, or by field which of them cannot be used: names of texts of the page.

    Args:
        said: texts by field; `school`, `mode` and `accepted` as the form has them.

    """
    text = {name: str(said.get(name, "")).strip() for name in FIELDS if name != "password"}
    found = {
        "site": "" if _SITE.fullmatch(text["site"]) and text["site"] != "site" else "wrong_site",
        "room": "" if _is_room(text["room"]) else "wrong_room",
        "school": "" if text["school"] in {"yes", "no"} else "wrong_school",
        "time_zone": "" if text["time_zone"] in available_timezones() else "wrong_time_zone",
        "open": "" if _are_hours(text["open"]) else "wrong_open",
        "accepted": "" if text["accepted"] == "yes" else "wrong_accepted",
        "password": _weakness(str(said.get("password", ""))),
    }
    mode = "presence" if text["school"] == "yes" else text["mode"]
    if text["school"] == "no" and mode not in {"presence", "emotions"}:
        found["mode"] = "wrong_mode"
    problems = {name: problem for name, problem in found.items() if problem}
    if problems:
        return None, problems
    practice = "yes" if text["practice"] == "yes" else "no"
    place = (text["site"], text["room"], mode, text["time_zone"], text["open"])
    return Answers(*place, practice, str(said["password"])), {}


def write(path: Path, answers: Answers) -> None:
    """Write answers for root, at once whole; raise OSError where that is not possible."""
    partial = path.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(answers._asdict(), file)
    partial.replace(path)


def take(path: Path) -> Answers:
    """Read answers as root, and delete the file: who wrote it can write anything, and has no say in where.

    Raises:
        UnusableInput: there is no such file, or no answers that the page accepts.

    """
    try:
        said = _read(path)
        path.unlink()
    except OSError as error:
        raise UnusableInput(path, f"cannot be read ({error.strerror})", "open the set-up page again") from error
    school = "no" if said.get("mode") == "emotions" else "yes"
    answers, problems = check({**said, "school": school, "accepted": "yes"})
    if answers is None:
        names = ", ".join(sorted(problems))
        raise UnusableInput(path, f"has answers that cannot be used: {names}", "open the set-up page again")
    return answers


def _read(path: Path) -> dict[str, str]:
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        content = os.read(file, _MOST_BYTES + 1) if stat.S_ISREG(os.fstat(file).st_mode) else b""
    finally:
        os.close(file)
    try:
        said: Any = json.loads(content)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        return {}
    return said


def _is_room(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and text != "room" and text.isprintable()


def _are_hours(text: str) -> bool:
    try:
        Pause.model_validate({"camera_open": (text,) if text else ()})
    except ValidationError:
        return False
    return True


def _weakness(password: str) -> str:
    try:
        passwords.check(password, ACCOUNT)
    except UnusableInput:
        return "wrong_password"
    return "" if password.isprintable() else "wrong_password"
