"""Outlines of faces for the set-up page, from a real camera process."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from edge.commands import hub_first_run
from edge.config import CameraSettings, Settings
from edge.contract.outlines import Outlines
from edge.tools.aim_live import live
from tests.conftest import SECONDS


class Left(Exception):
    """The browser has."""


def children() -> set[int]:
    """The processes that this one has started and that still run; some may be of other tests."""
    found = set()
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            state, parent, *_rest = file.read_text().rpartition(")")[2].split()
            if parent == str(os.getpid()) and state != "Z":
                found.add(int(file.parent.name))
    return found


def test_the_camera_is_shown_until_the_browser_leaves() -> None:
    seen: list[Outlines] = []
    before = children()

    def send(message: Outlines) -> None:
        seen.append(message)
        if len(seen) == 2:
            raise Left

    with pytest.raises(Left):
        live(Settings(camera=CameraSettings(source="scene")), send)
    assert all(len(message.faces) > 2 for message in seen)
    assert children() <= before, "the camera is open"


def test_a_page_that_hangs_up_ends_the_process_before_it_has_something_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who closes the camera and opens it again would else find it in use."""
    ended = threading.Event()
    monkeypatch.setattr(os, "_exit", lambda _code: ended.set())
    page, process = socket.socketpair()
    watch = threading.Thread(target=hub_first_run._end_with, args=(process.fileno(),))
    watch.start()
    assert not ended.wait(0.1)
    page.close()
    assert ended.wait(SECONDS)
    watch.join(SECONDS)
    process.close()


def test_the_command_prints_messages_alone(tmp_path: Path) -> None:
    """It is given the source as a credential, and a socket as its output."""
    (tmp_path / "camera").write_text("scene\n")
    ours, theirs = socket.socketpair()
    environment = os.environ | {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    words = [sys.executable, "-m", "edge", "hub", "first-run", "look"]
    process = subprocess.Popen(words, stdout=theirs.fileno(), env=environment)
    theirs.close()
    ours.settimeout(SECONDS)
    with ours.makefile("rb") as lines:
        assert all(Outlines.model_validate_json(lines.readline()).people > 2 for _number in range(2))
    ours.close()
    assert process.wait(SECONDS) == 0


def test_a_camera_that_is_not_there_is_named() -> None:
    seen: list[Outlines] = []
    live(Settings(camera=CameraSettings(source="/no/such/clip.mp4")), seen.append)
    assert [message.problem for message in seen] == ["CameraMissing"]
