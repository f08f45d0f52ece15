"""Installations in containers, on this machine's processor and on arm64: the wheel, installed as the README says."""

import contextlib
import functools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import DATA, ROOT
from tests.support.wheel import build_wheel
from tests.system.container import Container
from tests.system.machine import foreign_tree, tree, wheels
from tests.system.readme import blocks

ARM64 = "aarch64"
HERE = os.uname().machine
WHEEL = blocks("On a Raspberry Pi")[-1]
"""The README's commands for a Pi that has only the wheel."""


def opted_in() -> None:
    """Skip the test where emulation was not asked for."""
    if not os.environ.get("EMOTION_EDGE_ARM64"):
        pytest.skip(
            "set EMOTION_EDGE_ARM64=1 to run arm64 Debian, which takes hours where it is emulated (make test-arm64)"
        )


@functools.cache
def built_wheel() -> Path:
    """Return a folder that holds the wheel of this checkout alone."""
    return build_wheel(Path(tempfile.mkdtemp(prefix="emotion-edge-wheel-"))).parent


@contextlib.contextmanager
def installed(suite: str, processor: str, folder: Path, binds: dict[str, Path]) -> Iterator[tuple[Container, str]]:
    """Yield a container in which the README's commands have installed the wheel, and what they printed.

    Args:
        suite: of Debian.
        processor: as `uname -m` names it.
        folder: for what changes; it must not be there yet.
        binds: what else the container sees, by the path in it.

    """
    opted_in()
    root = tree(suite) if processor == HERE else foreign_tree(suite)
    binds = binds | {"/mnt/wheels": wheels(suite, processor), "/mnt/wheel": built_wheel(), "/mnt/source": ROOT}
    binds |= {"/mnt/data": DATA} if DATA.is_dir() else {}
    with Container(root, folder, binds) as container:
        script = "\n".join(["cd; cp /mnt/wheel/*.whl .", *(line.replace("sudo sh", "sh") for line in WHEEL[:2])])
        words = ("env", "PIP_NO_INDEX=1", "PIP_FIND_LINKS=/mnt/wheels", "bash", "-euc", script)
        yield container, container.run(*words).stdout
