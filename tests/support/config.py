"""Configuration files for tests."""

from pathlib import Path

import pytest

from edge.config.file import load
from edge.errors import EX_CONFIG, InvalidConfig


def problems(tmp_path: Path, text: str) -> list[str]:
    """Return what is wrong with a configuration file that must be refused."""
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(InvalidConfig) as caught:
        load(file)
    assert caught.value.exit_code == EX_CONFIG
    return caught.value.lines()
