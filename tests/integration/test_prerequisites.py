"""A machine that emotion-edge does not run on is refused before anything is installed, with what to do instead."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

BITS_32 = "sys.maxsize = 2**31 - 1"


def python_that_says(folder: Path, change: str) -> Path:
    """Return a Python that differs from the one that runs this in what it says of itself."""
    program = folder / "python"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -c "import sys; {change}; $2"\n')
    program.chmod(0o755)
    return program


def ensure(python: Path | str) -> "subprocess.CompletedProcess[str]":
    words = [ROOT / "deploy/ensure-debian.sh", python]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


def test_the_python_that_runs_the_tests_is_taken() -> None:
    done = ensure(sys.executable)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("minor", [10, 14])
def test_another_python_is_refused_by_name(tmp_path: Path, minor: int) -> None:
    python = python_that_says(tmp_path, f"sys.version_info = (3, {minor}, 0)")
    done = ensure(python)
    assert done.returncode == 69
    assert f"needs Python 3.11, 3.12 or 3.13 (Debian 12 and 13), and {python} is 3.{minor}; name another" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("target", ["demo", "test", "wheel"])
def test_make_refuses_it_and_leaves_no_environment_behind(tmp_path: Path, target: str) -> None:
    python = python_that_says(tmp_path, "sys.version_info = (3, 14, 0)")
    words = ["make", "--directory", str(ROOT), target, f"PYTHON={python}", f"VENV={tmp_path}/venv"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "emotion-edge needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["python"]


def test_a_32_bit_system_is_refused_by_name(tmp_path: Path) -> None:
    """Also one with a 64-bit kernel, which Raspberry Pi OS (32-bit) has on a Pi 4 and 5."""
    done = ensure(python_that_says(tmp_path, BITS_32))
    assert done.returncode == 69
    architecture = subprocess.check_output(["dpkg", "--print-architecture"], text=True).strip()
    assert done.stderr.startswith(f"this system is 32-bit (dpkg --print-architecture says {architecture}), and OpenCV ")
    assert "install the 64-bit Raspberry Pi OS" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_python_that_is_not_there_is_named() -> None:
    done = ensure("python3.99")
    assert (done.returncode, done.stderr) == (69, "python3.99: no such program; try: sudo apt install python3\n")
