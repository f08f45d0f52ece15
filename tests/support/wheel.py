"""The wheel of this checkout, built as a user builds it."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def build_wheel(folder: Path) -> Path:
    """Build it into a folder, from a copy of the checkout, so that several tests can do so at once; return its path."""
    command = ["sh", str(ROOT / "deploy/wheel.sh"), sys.executable, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    (wheel,) = folder.glob("emotion_edge-*.whl")
    return wheel
