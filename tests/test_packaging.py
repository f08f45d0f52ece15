"""What is installed is whole, and installs from binary wheels on a 64-bit Pi."""

import configparser
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from edge.config import SHIPPED_MODELS
from tests.conftest import ROOT
from tests.support.lock import locked
from tests.support.wheel import build_wheel

PLATFORMS = ("manylinux_2_34_aarch64", "manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux2014_aarch64")
"""Debian 12 has glibc 2.36; pip wants every older platform named, too."""


def test_the_wheel_carries_model_metadata_and_portraits(tmp_path: Path) -> None:
    names = set(zipfile.ZipFile(build_wheel(tmp_path)).namelist())
    assert {f"edge_models/{model}.{suffix}" for model in SHIPPED_MODELS for suffix in ("tflite", "json")} <= names
    assert {"edge/camera/sources/portraits/collins.jpg", "edge/camera/sources/portraits/hopper.jpg"} <= names
    assert {str(file.relative_to(ROOT)) for file in (ROOT / "edge").rglob("*.py")} <= names
    assert not [name for name in names if name.startswith(("tests", "models", "edge_models/training"))]


@pytest.mark.timeout(600)
def test_pip_finds_for_a_64_bit_pi_the_wheels_of_the_lock_file_and_no_others(tmp_path: Path) -> None:
    """For the Python that runs the tests; CI runs them on 3.11 and 3.13."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    wanted = [line for line in setup["options"]["install_requires"].splitlines() if line and not line.startswith("#")]
    lock = locked("device", "{}.{}".format(*sys.version_info))
    (tmp_path / "versions.txt").write_text("".join(f"{one.name}=={one.version}\n" for one in lock.values()))
    platforms = [word for platform in PLATFORMS for word in ("--platform", platform)]
    options = ["--dry-run", "--quiet", "--ignore-installed", "--only-binary", ":all:", "--target", str(tmp_path)]
    report = ["--constraint", str(tmp_path / "versions.txt"), "--report", str(tmp_path / "report.json")]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, *report, *platforms, *wanted],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    chosen = json.loads((tmp_path / "report.json").read_text())["install"]
    assert {canonicalize_name(one["metadata"]["name"]) for one in chosen} == set(lock)
    for one in chosen:
        hashes = lock[canonicalize_name(one["metadata"]["name"])].hashes
        assert one["download_info"]["archive_info"]["hashes"]["sha256"] in hashes, one["download_info"]["url"]
