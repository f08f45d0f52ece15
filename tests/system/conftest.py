"""What several files of tests use: two machines are booted once for all that plays books into them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.fleet import WHEEL, Fleet, two_devices


@pytest.fixture(scope="session")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """Two devices with release 0.2.0 whose records arrive.

    They stay until the session ends, so the tests that use them come last by the names of their files.
    """
    with two_devices(tmp_path_factory.mktemp("fleet")) as one:
        yield one


@pytest.fixture(scope="session")
def wheel(fleet: Fleet) -> Path:
    """The release that runs."""
    return fleet.folder / WHEEL
