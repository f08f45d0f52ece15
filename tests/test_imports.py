"""Arrows that must never exist between the rooms of the house."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
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
    "edge/hub": (
        "edge.publisher",
        "edge.camera",
        "edge.vision",
        "edge.observer",
        "paho",
        "cv2",
        "numpy",
    ),
    "edge/hub/store": ("edge.hub.people", "edge.hub.lesson", "edge.hub.broker", "edge.hub.alerts", "edge.hub.web"),
    "edge/hub/people": ("edge.hub.lesson", "edge.hub.broker", "edge.hub.alerts", "edge.hub.web", "edge.hub.first_run"),
    "edge/hub/broker": ("edge.hub.alerts", "edge.hub.web", "edge.hub.first_run"),
    "edge/hub/lesson": ("edge.hub.broker", "edge.hub.alerts", "edge.hub.web", "edge.hub.first_run"),
    "edge/hub/alerts": ("edge.hub.people", "edge.hub.web", "edge.hub.first_run"),
    "edge/hub/web": ("edge.hub.first_run",),
    "edge/hub/first_run": ("edge.hub.broker", "edge.hub.store"),
    "edge/card": ("edge.publisher", "edge.observer", "edge.camera", "edge.vision", "paho", "cv2", "numpy"),
    # It runs from the wheel before anything is installed.
    "edge/card/device": ("pydantic", "fastapi", "click", "edge.config", "edge.hub"),
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
    "edge/system/clock.py": ("edge",),
    "models/training": ("edge",),
}
# How a group is counted, how a face is cut out and stretched, and how sure it is one, are measured with the very code.
ALLOWED = {
    ("models/training", f"edge.{name}")
    for name in ("counting.prevalence", "vision.crops", "vision.geometry", "vision.photometry", "vision.score_fusion")
}
HEAVY = ("cv2", "numpy", "tflite_runtime", "ai_edge_litert", "edge.camera", "edge.vision", "edge.watch", "rich")


LOWER = {
    "errors": set[str](),
    "config": {"errors"},
    "contract": {"config"},
    "system": {"config", "errors"},
    "counting": {"contract"},
    "privacy": {"config", "contract", "counting", "system"},
    "pause": {"config", "contract", "errors", "system"},
    "door": {"contract", "errors"},
    "mqtt": {"config", "errors", "system"},
    "model": {"config", "contract", "errors"},
    "camera": {"config", "contract", "errors", "system"},
    "vision": {"camera", "config", "contract", "counting", "errors", "model", "system"},
    "observer": {"camera", "config", "contract", "counting", "door", "errors", "pause", "system", "vision"},
    "publisher": {"config", "contract", "counting", "door", "errors", "model", "mqtt", "pause", "privacy", "system"},
    "watch": {"config", "contract", "errors", "mqtt", "system"},
    "simulation": {"config", "contract", "counting", "errors", "mqtt", "privacy", "system"},
    "hub": {"config", "contract", "errors", "mqtt", "system", "watch"},
    "card": {"config", "errors", "hub", "system"},
    "fleet": {"contract", "errors", "model", "system", "watch"},
    "doctor": {"camera", "config", "contract", "errors", "mqtt", "privacy", "system", "vision"},
    "demo": {"camera", "config", "contract", "errors", "mqtt", "system"},
    "tools": {"camera", "config", "contract", "errors", "system", "vision"},
}
"""The rooms that each room may import; `commands` may import all of them."""


@cache
def nodes(file: Path) -> tuple[ast.AST, ...]:
    """Return all of a file's syntax; several tests read every file of the package."""
    return tuple(ast.walk(ast.parse(file.read_text())))


@cache
def imports(file: Path) -> tuple[str, ...]:
    """Return what a file imports, whether at its top, in a function or for types alone."""
    return tuple(_imports(file))


def _imports(file: Path) -> Iterator[str]:
    for node in nodes(file):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            module = node.module or ""
            parts = [f"{module}.{alias.name}" for alias in node.names]
            submodules = [part for part in parts if is_module(part)]
            yield from submodules
            if len(submodules) < len(parts):
                yield module


@cache
def is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def modules() -> dict[str, Path]:
    """Return the files of the package by the name under which they are imported."""
    found = {}
    for file in sorted((ROOT / "edge").rglob("*.py")):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = file
    return found


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


@pytest.mark.parametrize("room", LOWER)
def test_a_room_imports_only_lower_rooms(room: str) -> None:
    files = {name: file for name, file in modules().items() if name.split(".")[1:2] == [room]}
    assert files
    found = {
        f"{name} -> {imported}"
        for name, file in files.items()
        for imported in imports(file)
        if imported.startswith("edge.") and imported.split(".")[1] not in {room, *LOWER[room]}
    }
    assert not found


def test_every_room_has_its_place() -> None:
    rooms = {folder.name for folder in (ROOT / "edge").iterdir() if (folder / "__init__.py").is_file()}
    assert rooms == {*LOWER, "commands"} - {"errors"}


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Imports in functions and for types count, too: who reads one module has to read the other."""
    files = modules()
    waiting = {name: {other for other in imports(file) if other in files} - {name} for name, file in files.items()}
    while free := {name for name, needed in waiting.items() if not needed}:
        waiting = {name: needed - free for name, needed in waiting.items() if name not in free}
    assert not waiting, "these, or what they import, form a circle"


def test_only_the_room_mqtt_imports_paho() -> None:
    users = {name for name, file in modules().items() for one in imports(file) if one.split(".")[0] == "paho"}
    assert users
    assert not {name for name in users if not name.startswith("edge.mqtt.")}


def test_no_class_of_paho_leaves_the_room_mqtt() -> None:
    """Other rooms import what is defined there, not what is passed on from paho."""
    users = {name: file for name, file in modules().items() if not name.startswith("edge.mqtt.")}
    passed_on = {
        f"{name} -> {node.module}.{alias.name}"
        for name, file in users.items()
        for node in nodes(file)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("edge.mqtt.")
        for alias in node.names
        if str(getattr(getattr(import_module(node.module or ""), alias.name), "__module__", "")).startswith("paho")
    }
    assert not passed_on


def test_few_files_lie_outside_of_rooms() -> None:
    assert len(list((ROOT / "edge").glob("*.py"))) <= 4


@pytest.mark.parametrize("module", ["edge.publisher.reloads", "edge.system.supervisor", "edge.cli"])
def test_these_load_nothing_that_sees(module: str) -> None:
    """Checked in a fresh interpreter, through everything that they import in turn."""
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("source", ["scene", "images", "opencv", "picamera"])
def test_the_camera_process_loads_no_configuration(source: str) -> None:
    """Its settings were checked by the observer; pydantic would add a fifth to its memory."""
    code = f"import sys, edge.camera.child, edge.camera.sources.{source}; print('pydantic' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "False"


def test_help_loads_nothing_that_sees_or_connects() -> None:
    """It names every verb, so it loads the file of each."""
    heavy = (*HEAVY, "paho", "edge.publisher", "edge.observer")
    code = "import sys; from edge.cli import main; main(['--help'], standalone_mode=False)"
    code += f"; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert "check-config" in done.stdout
    assert done.stdout.splitlines()[-1] == "[]"


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
        for node in nodes(file):
            if isinstance(node, ast.Attribute):
                assert node.attr not in sinks, f"{file}: {node.attr}"


def test_no_test_imports_another() -> None:
    """What several need is in tests/support, or beside them in a file that is no test."""
    statement = re.compile(r"^\s*from\s+(\S+\.)?test_\w+\s+import\b", re.MULTILINE)
    files = (ROOT / "tests").rglob("*.py")
    assert [str(file.relative_to(ROOT)) for file in files if statement.search(file.read_text())] == []
