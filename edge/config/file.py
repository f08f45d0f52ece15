"""Reading the TOML configuration, and explaining what is wrong with it."""

import contextlib
import difflib
import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from edge.config import address
from edge.config.completeness import END, RESTORE, is_cut_short
from edge.config.lines import line_of, without_quotes
from edge.config.section import Section
from edge.config.settings import Settings
from edge.config.text import NotText, decode
from edge.errors import ConfigError, InvalidConfig

DEFAULT_PATH = Path("/etc/emotion-edge/config.toml")
USE_SUDO = "use sudo, or let this user read it"
"""The remedy for a configuration that is there, for other users."""
_Kind = TypeVar("_Kind", bound=Section)


def load(path: Path) -> Settings:
    """Read and check a configuration file.

    Raises:
        InvalidConfig: the file is unreadable or wrong; every problem has a line `file:line: key: problem; remedy`.

    """
    settings, problems = read(path)
    if problems:
        raise InvalidConfig(path, problems)
    return settings


def read(path: Path) -> tuple[Settings, list[ConfigError]]:
    """Return the settings of a file and all its problems; a value with a problem is replaced by its default."""
    try:
        return parse(path, read_text(path))
    except ConfigError as error:
        return Settings(), [error]


def read_text(path: Path) -> str:
    """Return the text of a file; raise `ConfigError` where it cannot be read, or is no text."""
    try:
        return decode(path.read_bytes())
    except PermissionError as error:
        raise ConfigError(path, f"cannot be read ({error.strerror})", USE_SUDO) from error
    except OSError as error:
        remedy = "pass --config FILE; `emotion-edge default-config` prints one to start from"
        raise ConfigError(path, f"cannot be read ({error.strerror})", remedy) from error
    except NotText as error:
        raise ConfigError(path, error.problem, error.remedy.format(path)) from error


def parse(path: Path, text: str) -> tuple[Settings, list[ConfigError]]:
    """Return the settings of a text and all its problems; `path` is the file that the messages name."""
    return parse_as(Settings, path, text)


def parse_as(kind: type[_Kind], path: Path, text: str) -> tuple[_Kind, list[ConfigError]]:
    """Do the same for another file than the device's: `kind` has its sections."""
    if is_cut_short(text):
        return kind(), [ConfigError(path, f"was cut short: its last line must be `{END}`", RESTORE)]
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        quotes = without_quotes(text)
        problem = "a text needs quotation marks"
        found = [ConfigError(f"{path}:{line}", problem, f"write {better}") for line, better in quotes.items()]
        return kind(), found or [ConfigError(path, f"not TOML ({error})", "correct that line")]
    return _validate(kind, path, text, values)


def spool_directory(text: str) -> str:
    """Return `spool.directory` of a text that is perhaps no TOML; empty where it is not set, or not found."""
    section = ""
    for line in text.splitlines():
        if header := re.match(r"\s*\[([^\]]*)\]", line):
            section = header[1].strip()
        elif section == "spool" and re.match(r"\s*directory\s*=", line):
            with contextlib.suppress(tomllib.TOMLDecodeError):
                return str(tomllib.loads(line)["directory"])
    return ""


def place(path: Path, text: str, key: tuple[str | int, ...]) -> str:
    """Return `file:line: key`, or `file: key` where the file does not set it."""
    line = line_of(text, key)
    return (f"{path}:{line}: " if line else f"{path}: ") + ".".join(map(str, key))


def _validate(kind: type[_Kind], path: Path, text: str, values: dict[str, Any]) -> tuple[_Kind, list[ConfigError]]:
    """Leave out what is wrong and check again: some checks of a section need that its values are right."""
    found: list[ConfigError] = []
    while True:
        try:
            return kind.model_validate(values), found
        except ValidationError as error:
            before = str(values)
            for problem in error.errors():
                found.append(_explain(kind, path, text, problem))
                _leave_out(values, problem["loc"])
            if str(values) == before:  # nothing was found to leave out
                return kind(), found


def _leave_out(values: dict[str, Any], key: tuple[str | int, ...]) -> None:
    for part in key[:-1]:
        if not isinstance(values.get(str(part)), dict):
            values.pop(str(part), None)
            return
        values = values[str(part)]
    values.pop(str(key[-1]), None)


def _explain(kind: type[Section], path: Path, text: str, problem: Any) -> ConfigError:  # noqa: ANN401 - ErrorDetails
    thing = place(path, text, problem["loc"] or ("(file)",))
    value = problem["input"]
    if problem["type"] == "extra_forbidden":
        return ConfigError(thing, "unknown key", _nearest(kind, problem["loc"]))
    message = str(problem["msg"]).removeprefix("Value error, ")
    message = message[0].lower() + message[1:]
    if problem["loc"] == ("camera", "source"):
        value = address.shown(str(value))
    # A value with an @ may hold a password, which belongs in no log.
    hidden = isinstance(value, dict | BaseModel) or "@" in str(value)
    shown = "" if hidden else f"{value!r} "
    return ConfigError(thing, f"{shown}{message}", _describe(kind, problem["loc"]))


def _nearest(kind: type[Section], loc: tuple[str | int, ...]) -> str:
    section: type[BaseModel] = kind
    for part in loc[:-1]:
        if isinstance(part, str):
            section = _section(section.model_fields[part]) or section
    near = difflib.get_close_matches(str(loc[-1]), section.model_fields, n=1)
    return f"did you mean {near[0]}?" if near else f"delete it, or use one of: {', '.join(section.model_fields)}"


def _section(field: FieldInfo) -> type[Section] | None:
    """Return the kind of section that a key holds, or that each of its tables is; None where it holds values."""
    if isinstance(field.default, Section):
        return type(field.default)
    kinds = (each for each in get_args(field.annotation) if isinstance(each, type) and issubclass(each, Section))
    return next(kinds, None)


def _describe(kind: type[Section], loc: tuple[str | int, ...]) -> str:
    section: type[BaseModel] = kind
    for part in loc:
        if not isinstance(part, str):
            continue
        field = section.model_fields.get(part)
        if field is None:
            return ""
        inner = _section(field)
        if inner is None:
            return "meaning: " + (field.description or "").split(";")[0]
        section = inner
    return ""
