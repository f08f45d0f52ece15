"""Reading the TOML configuration, and explaining what is wrong with it."""

import difflib
import tomllib
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from edge.config import address
from edge.config.section import Section
from edge.config.settings import Settings
from edge.config.text import NotText, decode
from edge.errors import ConfigError, InvalidConfig

DEFAULT_PATH = Path("/etc/emotion-edge/config.toml")


def load(path: Path) -> Settings:
    """Read and check a configuration file.

    Raises:
        InvalidConfig: the file is unreadable or wrong; every problem has a line `file: key: problem; remedy`.

    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        remedy = "pass --config FILE; `emotion-edge default-config` prints one to start from"
        raise InvalidConfig(path, [ConfigError(path, f"cannot be read ({error.strerror})", remedy)]) from error
    try:
        values = tomllib.loads(decode(raw))
    except NotText as error:
        raise InvalidConfig(path, [ConfigError(path, error.problem, error.remedy.format(path))]) from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidConfig(path, [ConfigError(path, f"not TOML ({error})", "correct that line")]) from error
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise InvalidConfig(path, [_explain(path, problem) for problem in error.errors()]) from error


def _explain(path: Path, problem: Any) -> ConfigError:  # noqa: ANN401 - pydantic's ErrorDetails
    key = ".".join(str(part) for part in problem["loc"]) or "(file)"
    kind, value = problem["type"], problem["input"]
    if kind == "extra_forbidden":
        return ConfigError(f"{path}: {key}", "unknown key", _nearest(problem["loc"]))
    message = str(problem["msg"]).removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    if problem["loc"] == ("camera", "source"):
        value = address.shown(str(value))
    # An address with an @ may hold a password, which belongs in no log.
    hidden = isinstance(value, dict | BaseModel) or (problem["loc"][:2] == ("mqtt", "url") and "@" in str(value))
    shown = "" if hidden else f"{value!r} "
    return ConfigError(f"{path}: {key}", f"{shown}{message}", _describe(problem["loc"]))


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
