"""Ansible's programs, for what plays our books into machines."""

import os
import shutil
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
"""Of the environment that runs the tests."""


def tool(name: str) -> str:
    """Return the path of one of Ansible's programs; skip the test where it is absent."""
    found = shutil.which(name, path=f"{BIN}:{os.environ['PATH']}")
    if found is None:
        pytest.skip(f"{name} is missing: pip install '.[fleet]' (make test-system does)")
    return found
