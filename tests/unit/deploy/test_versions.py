"""The page of tested versions says what is installed and what `make test-versions` installs."""

import configparser
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT
from tests.support.lock import locked

PAGE = (ROOT / "docs" / "reference" / "versions.md").read_text()
FILES = sorted((ROOT / "tests" / "versions").glob("*.txt"))
SHOWN = ("opencv-python-headless", "numpy", "tflite-runtime", "ai-edge-litert", "paho-mqtt", "pydantic", "click")


def versions_on_the_page() -> set[str]:
    return set(re.findall(r"\d+(?:\.\d+)+", PAGE))


def pins(name: str) -> dict[str, str]:
    """Return what a file of tests/versions pins, by library."""
    lines = (ROOT / "tests" / "versions" / name).read_text().splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {one.name: next(iter(one.specifier)).version for one in found}


@pytest.mark.parametrize("python", ["3.11", "3.13"])
def test_the_versions_that_are_installed_are_on_the_page(python: str) -> None:
    installed = {one.name: one.version for one in locked("device", python).values() if one.name in SHOWN}
    missing = {name: version for name, version in installed.items() if version not in versions_on_the_page()}
    assert not missing, f"docs/reference/versions.md does not have {missing}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_environment_and_what_it_pins_are_on_the_page(file: Path) -> None:
    environment = file.stem.removesuffix(".beyond")
    assert f"`{environment}`" in PAGE
    assert set(pins(file.name).values()) <= versions_on_the_page()


def bounds(python: str) -> dict[str, Requirement]:
    """Return what setup.cfg asks for on a Python, by library."""
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    lines = setup["options"]["install_requires"].splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {one.name: one for one in found if one.marker is None or one.marker.evaluate({"python_version": python})}


@pytest.mark.parametrize("python", ["3.11", "3.13"])
def test_the_oldest_environment_pins_every_range_of_setup_cfg(python: str) -> None:
    there = pins(f"oldest-{python}.txt")
    for name, wanted in bounds(python).items():
        assert name in there or "==" in str(wanted.specifier), f"tests/versions/oldest-{python}.txt lacks {name}"
        assert name not in there or there[name] in wanted.specifier, f"setup.cfg does not allow {name} {there[name]}"
