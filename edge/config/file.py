"""Reading the TOML configuration, and explaining what is wrong with it."""

import difflib
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from edge.config.section import Section
from edge.config.settings import Settings
from edge.errors import InvalidConfig

DEFAULT_PATH = Path("/etc/emotion-edge/config.toml")


def load(path: Path) -> Settings:
    """Read and check a configuration file.

    Raises:
        InvalidConfig: the file is unreadable or wrong; every problem has a line `file: key: problem; remedy`.

    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        remedy = "pass --config FILE; `emotion-edge default-config` prints a file to start with"
        raise InvalidConfig([f"{path}: cannot be read ({error.strerror}); {remedy}"]) from error
    try:
        values = tomllib.loads(raw.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidConfig([f"{path}: not TOML ({error}); correct that line"]) from error
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise InvalidConfig([f"{path}: {_explain(problem)}" for problem in error.errors()]) from error


def _explain(problem: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    key = ".".join(str(part) for part in problem["loc"]) or "(file)"
    kind, value = problem["type"], problem["input"]
    if kind == "extra_forbidden":
        return f"{key}: unknown key; {_nearest(problem['loc'])}"
    message = str(problem["msg"]).removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    remedy = _describe(problem["loc"])
    shown = "" if isinstance(value, dict | BaseModel) else f" {value!r}"
    return f"{key}:{shown} {message}; {remedy}" if remedy else f"{key}:{shown} {message}"


def _nearest(loc: tuple[str | int, ...]) -> str:
    section: type[BaseModel] = Settings
    for part in loc[:-1]:
        default = section.model_fields[str(part)].default
        section = type(default)
    near = difflib.get_close_matches(str(loc[-1]), section.model_fields, n=1)
    return f"did you mean {near[0]}?" if near else f"delete it, or use one of: {', '.join(section.model_fields)}"


def _describe(loc: tuple[str | int, ...]) -> str:
    section: type[BaseModel] = Settings
    for part in loc:
        field = section.model_fields.get(str(part))
        if field is None:
            return ""
        if not isinstance(field.default, Section):
            return "meaning: " + (field.description or "").split(";")[0]
        section = type(field.default)
    return ""
