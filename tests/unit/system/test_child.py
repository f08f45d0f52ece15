"""What `run` takes in of a child."""

import sys
from pathlib import Path

import pytest

from edge.system import child as module
from edge.system.child import Child
from edge.system.descriptors import Descriptors

_READY_AND_LONGER = """
import os, socket, sys
os.write(int(sys.argv[1]), b"1")
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
    sender.sendto(b"WATCHDOG_USEC=300000000", os.environ["NOTIFY_SOCKET"])
"""


def test_a_longer_watchdog_holds_though_it_comes_with_the_ready_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "own_command", lambda *words: [sys.executable, "-c", _READY_AND_LONGER, words[-1]])
    child = Child("observe", [], tmp_path, Descriptors(1))
    child.launch()
    assert child._process
    assert child._process.wait(timeout=30) == 0
    child.poll()
    child.close()
    assert child._allowed == 300
