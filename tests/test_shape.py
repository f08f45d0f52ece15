"""No class becomes a hub again, and no function grows beyond a page."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

MOST_ATTRIBUTES = 12
MOST_LINES = 45
ROOMS = ("mqtt", "publisher", "observer", "watch", "doctor", "simulation", "hub")

LARGE_CLASSES: dict[str, int] = {}
"""What may have more attributes, how many, and why."""
LONG_FUNCTIONS: dict[str, int] = {}
"""What may be longer, how long, and why."""


def attributes(tree: ast.ClassDef) -> set[str]:
    """Return the names that the methods of a class assign to `self`."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    }


def nodes(folder: Path, *kinds: type[ast.stmt]) -> Iterator[tuple[str, ast.stmt]]:
    """Yield every node of some kinds with its file and name."""
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, kinds):
                assert isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
                yield f"{file.relative_to(ROOT)}:{node.name}", node


def exceptions(found: dict[str, int], allowed: dict[str, int], most: int) -> dict[str, int]:
    """Return what is above its bound, and what is allowed more than it needs."""
    return {
        name: found.get(name, 0)
        for name in found.keys() | allowed.keys()
        if found.get(name, 0) > allowed.get(name, most) or (name in allowed and found.get(name, 0) <= most)
    }


@pytest.mark.parametrize("room", ROOMS)
def test_no_class_has_many_attributes(room: str) -> None:
    found = {
        name: len(attributes(node))
        for name, node in nodes(ROOT / "edge" / room, ast.ClassDef)
        if isinstance(node, ast.ClassDef)
    }
    assert found
    allowed = {name: count for name, count in LARGE_CLASSES.items() if name.startswith(f"edge/{room}/")}
    assert exceptions(found, allowed, MOST_ATTRIBUTES) == {}


def test_no_function_is_long() -> None:
    found: dict[str, int] = {}
    for name, node in nodes(ROOT / "edge", ast.FunctionDef, ast.AsyncFunctionDef):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        found[name] = max(lines, found.get(name, 0))
    assert len(found) > 100
    assert exceptions(found, LONG_FUNCTIONS, MOST_LINES) == {}
