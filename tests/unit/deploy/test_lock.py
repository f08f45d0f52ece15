"""The lock files suit setup.cfg; `make lock` writes them anew."""

import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.lock import LOCK, wanted
from tests.support.lock import locked


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
@pytest.mark.parametrize("name", ["device", "hub", "build", "release"])
def test_a_lock_file_satisfies_what_it_is_made_from(name: str, python: str) -> None:
    there = locked(name, python)
    for line in wanted()[name].splitlines():
        if not line or line.startswith("#"):
            continue
        one = Requirement(line)
        if one.marker is None or one.marker.evaluate({"python_version": python}):
            found = there.get(canonicalize_name(one.name))
            assert found is not None, f"deploy/lock/{name}.txt has no {one.name} for Python {python}: run `make lock`"
            assert found.version in one.specifier, f"deploy/lock/{name}.txt: {one} does not hold: run `make lock`"


@pytest.mark.parametrize("name", ["device", "hub", "build", "release"])
def test_every_line_of_a_lock_file_is_pinned_by_hash_and_no_index_is_named(name: str) -> None:
    text = (LOCK / f"{name}.txt").read_text()
    entry = r"[A-Za-z0-9][\w.-]*==\S+( ; [^\\\n]+)?( \\\n    --hash=sha256:[0-9a-f]{64})+\n"
    assert re.fullmatch(rf"(({entry})|( *#[^\n]*\n))+", text), "pip would install a line without a hash"
    assert "://" not in text
