"""What is installed is whole, and installs from binary wheels on a 64-bit Pi."""

import configparser
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from edge.config import SHIPPED_MODELS
from tests.conftest import ROOT

PLATFORMS = ("manylinux_2_34_aarch64", "manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux2014_aarch64")
"""Debian 12 has glibc 2.36; pip wants every older platform named, too."""


def test_the_wheel_carries_model_metadata_and_portraits(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT], check=True, capture_output=True
    )
    (wheel,) = tmp_path.glob("emotion_edge-*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"edge_models/{model}.{suffix}" for model in SHIPPED_MODELS for suffix in ("tflite", "json")} <= names
    assert {"edge/camera/sources/portraits/collins.jpg", "edge/camera/sources/portraits/hopper.jpg"} <= names
    assert {str(file.relative_to(ROOT)) for file in (ROOT / "edge").rglob("*.py")} <= names
    assert not [name for name in names if name.startswith(("tests", "models", "edge_models/training"))]


@pytest.mark.timeout(600)
def test_every_dependency_is_a_binary_wheel_for_a_64_bit_pi(tmp_path: Path) -> None:
    """For the Python that runs the tests; CI runs them on 3.11 and 3.13."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    wanted = [line for line in setup["options"]["install_requires"].splitlines() if line and not line.startswith("#")]
    platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
    options = ["--dry-run", "--quiet", "--ignore-installed", "--only-binary", ":all:", "--target", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, *platforms, *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
