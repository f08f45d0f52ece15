"""Releases of picamera2, fetched once into the folder of the trees."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

OLDEST, NEWEST = "0.3.12", "0.3.38"
RELEASES = (OLDEST, "0.3.18", "0.3.31", NEWEST)
"""The oldest of Raspberry Pi OS Bookworm, some between, and the newest."""
HERE = Path(__file__).parent


def picamera2_release(version: str) -> Path:
    """Return the folder with a release of picamera2; skip where there is no folder to keep it in."""
    trees = os.environ.get("EMOTION_EDGE_TREES")
    if not trees:
        pytest.skip("set EMOTION_EDGE_TREES to a folder (1 GB) to try releases of the real picamera2")
    folder = Path(trees).resolve() / f"picamera2-{version}"
    if not folder.is_dir():
        part = folder.with_name(f"{folder.name}.{os.getpid()}.part")
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*pip, f"--target={part}", f"picamera2=={version}"], check=True, timeout=300)
        if not folder.is_dir():  # another worker may have been faster
            part.rename(folder)
    return folder
