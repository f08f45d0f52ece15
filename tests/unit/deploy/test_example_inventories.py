"""The example inventories, copied as the README of the playbooks says."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from edge import __version__
from tests.conftest import ROOT

EXAMPLES = ROOT / "ansible/inventory"


def wheels(node: Any) -> Iterator[str]:
    """Yield each release that an inventory names."""
    for name, value in node.items() if isinstance(node, dict) else ():
        if name in ("device_wheel", "hub_wheel"):
            yield value
        yield from wheels(value)


@pytest.mark.parametrize("name", ["class.yml", "district.yml", "school.yml"])
def test_a_copy_names_the_wheel_that_was_made_in_the_clone(name: str) -> None:
    readme = (ROOT / "ansible/README.md").read_text()
    (copied,) = re.findall(r"^    cp ansible/inventory/\S+ (\S+) ", readme, re.MULTILINE)
    (made,) = re.findall(r"^\tdeploy/wheel\.sh \$\(PYTHON\) (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    clone = Path("/clone")
    named = wheels(yaml.safe_load((EXAMPLES / name).read_text()))
    found = {one.replace("{{ inventory_dir }}", str(clone / copied)) for one in named}
    assert found == {str(clone / made / f"emotion_edge-{__version__}-py3-none-any.whl")}
