"""Errors carry facts: no code of ours reads a sentence that other code of ours has made."""

import ast
import importlib
import inspect
from pathlib import Path

import pytest

from edge.errors import EX_CONFIG, ConfigError, EdgeError, InvalidConfig
from tests.conftest import ROOT

FILES = sorted((ROOT / "edge").rglob("*.py"))
READING = {
    "endswith",
    "find",
    "index",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rpartition",
    "rsplit",
    "split",
    "splitlines",
    "startswith",
}
TYPES = {"ReasonCode", "BaseException", "Exception"}
"""Besides our own errors: whose text is for people, while a number or a class is for code."""


def ours() -> set[str]:
    """Return the names of all classes of errors in the package."""
    names = {"EdgeError"}
    for module in ("edge.errors", "edge.camera.errors", "edge.mqtt.errors"):
        classes = vars(importlib.import_module(module)).values()
        names |= {each.__name__ for each in classes if inspect.isclass(each) and issubclass(each, EdgeError)}
    return names


def errors_in(tree: ast.AST, types: set[str]) -> set[str]:
    """Return the names of variables that hold an error or a reason: caught, or passed with that annotation."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler) and node.name and node.type is not None:
            caught = {part.id for part in ast.walk(node.type) if isinstance(part, ast.Name)}
            found |= {node.name} if caught & types else set()
        elif isinstance(node, ast.arg) and node.annotation is not None:
            named = {part.id for part in ast.walk(node.annotation) if isinstance(part, ast.Name)}
            found |= {node.arg} if named & types else set()
    return found


def readings(node: ast.AST) -> list[ast.Call]:
    """Return `node` where it calls a method that takes a text apart."""
    calls = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READING
    return [node] if calls and isinstance(node, ast.Call) else []


def reads_text_of(node: ast.AST, names: set[str]) -> bool:
    """Whether `node` compares the text of one of `names`, or takes it apart."""

    def is_text(part: ast.AST) -> bool:
        call = isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in {"str", "repr"}
        return call and any(isinstance(each, ast.Name) and each.id in names for each in ast.walk(part))

    if isinstance(node, ast.Compare):
        return any(is_text(part) for part in ast.walk(node))
    return any(is_text(part) for call in readings(node) for part in ast.walk(call.func))


def is_separator(node: ast.AST) -> bool:
    """Whether `node` cuts a text at `; `, which stands between problem and remedy."""
    return any(isinstance(each, ast.Constant) and each.value == "; " for call in readings(node) for each in call.args)


FOREIGN = {("edge/camera/sources/picamera.py", "error")}
"""libcamera says by its text alone that a camera is busy."""


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_sentence_is_read(file: Path) -> None:
    place = str(file.relative_to(ROOT))
    tree = ast.parse(file.read_text())
    names = errors_in(tree, ours() | TYPES) - {name for where, name in FOREIGN if where == place}
    found = [node.lineno for node in ast.walk(tree) if reads_text_of(node, names) or is_separator(node)]  # type: ignore[attr-defined]
    assert not found, "use the parts of the error, its class or its code"


@pytest.mark.parametrize(
    "code",
    [
        "def f(reason: ReasonCode):\n    return str(reason) == 'Banned'",
        "try:\n    f()\nexcept EdgeError as error:\n    problem, _, remedy = str(error).rpartition('; ')",
        "try:\n    f()\nexcept ConfigError as error:\n    if 'missing' in str(error).lower():\n        pass",
        "line.rpartition('; ')",
    ],
)
def test_that_test_finds_what_it_looks_for(code: str) -> None:
    tree = ast.parse(code)
    names = errors_in(tree, ours() | TYPES)
    assert any(reads_text_of(node, names) or is_separator(node) for node in ast.walk(tree))


def test_settings_in_a_remedy_go_by_the_name_under_which_they_were_set() -> None:
    plain = ConfigError("ca.crt", "cannot be read", "copy {braces}")
    assert plain.remedy == "copy {braces}"
    error = ConfigError("ca.crt", "cannot be read", "correct {}", "mqtt.ca_file")
    assert str(error) == "ca.crt: cannot be read; correct mqtt.ca_file"
    assert str(error.name_settings({"mqtt.ca_file": "--ca"})) == "ca.crt: cannot be read; correct --ca"
    assert error.exit_code == EX_CONFIG


def test_a_file_with_several_problems_has_a_line_for_each() -> None:
    problems = [ConfigError("a.toml: x", "unknown key", "delete it"), ConfigError("a.toml: y", "is too large", "")]
    assert InvalidConfig("a.toml", problems).lines() == ["a.toml: x: unknown key; delete it", "a.toml: y: is too large"]
