"""Arrows that must never exist between the rooms of the house."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PURE = (
    "time",
    "datetime",
    "socket",
    "os",
    "pathlib",
    "random",
    "edge.system",
    "edge.door",
    "edge.config",
)
"""Neither time nor chance, file nor network: the same counts give the same result."""

FORBIDDEN = {
    "edge/vision": ("edge.publisher", "socket", "paho"),
    "edge/camera": ("edge.publisher", "edge.vision", "paho"),
    "edge/observer": ("edge.publisher", "edge.watch", "paho", "rich"),
    "edge/publisher": (
        "edge.camera",
        "edge.vision",
        "edge.observer",
        "edge.watch",
        "cv2",
        "rich",
        "tflite_runtime",
        "ai_edge_litert",
        "numpy",
    ),
    "edge/pause": (
        "edge.publisher",
        "edge.camera",
        "edge.vision",
        "edge.observer",
        "edge.door",
        "socket",
        "cv2",
        "numpy",
    ),
    "edge/counting": PURE,
    "edge/privacy/disclosure.py": PURE,
    "edge/contract/records.py": ("edge",),
    "edge/config/settings.py": ("edge",),
    "edge/system/clock.py": ("edge",),
    "models/training": ("edge",),
}
# How a group is counted is measured with the very code that counts it; it needs numpy alone.
ALLOWED = {("models/training", "edge.counting.prevalence")}
HEAVY = ("cv2", "numpy", "tflite_runtime", "ai_edge_litert", "edge.camera", "edge.vision", "edge.watch", "rich")


def imports(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield node.module or ""


@pytest.mark.parametrize(("place", "forbidden"), FORBIDDEN.items())
def test_no_forbidden_arrow(place: str, forbidden: tuple[str, ...]) -> None:
    path = ROOT / place
    files = [path] if path.suffix else sorted(path.rglob("*.py"))
    assert files
    found = {
        f"{file.relative_to(ROOT)} -> {name}"
        for file in files
        for name in imports(file)
        for banned in forbidden
        if (name == banned or name.startswith(f"{banned}.")) and (place, name) not in ALLOWED
    }
    assert not found


@pytest.mark.parametrize("module", ["edge.publisher.publisher", "edge.system.supervisor", "edge.cli"])
def test_these_load_nothing_that_sees(module: str) -> None:
    """Checked in a fresh interpreter, through everything that they import in turn."""
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_no_file_sink_for_pictures_exists_in_the_package() -> None:
    """No frame can be written because nothing that writes frames is ever called."""
    sinks = {
        "imwrite",
        "imwritemulti",
        "imencode",
        "VideoWriter",
        "tofile",
        "imsave",
        "capture_file",
        "start_recording",
    }
    for file in (ROOT / "edge").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Attribute):
                assert node.attr not in sinks, f"{file}: {node.attr}"
