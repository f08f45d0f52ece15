"""The camera's process: killed, hung or refused, the observer goes on and says why."""

import logging
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from edge.camera.camera import CameraControl
from edge.camera.errors import CameraCrashed, CameraError, CameraMissing, CameraTimeout, CameraUnreadable
from edge.camera.facts import CameraFacts
from edge.camera.reader import CameraReader
from edge.camera.sources.base import Luma, SourceSettings
from edge.config import CameraSettings
from edge.system.sensors import seconds_without_processor
from tests.conftest import SECONDS, camera_settings, source_settings, until
from tests.support.pictures import clip


@pytest.fixture
def reader() -> Iterator[CameraReader]:
    running = CameraReader(source_settings())
    yield running
    running.close()


def first_frame(reader: CameraReader) -> Luma:
    frame = reader.frame(SECONDS)
    assert frame is not None
    return frame


def read_on(reader: CameraReader) -> None:
    """Read until that fails; frames that were on their way come before."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        reader.frame(0.1)


def test_frames_come_through_shared_memory(reader: CameraReader) -> None:
    frame = first_frame(reader)
    assert frame.shape == (720, 1280)
    assert frame.dtype == np.uint8
    before = frame.copy()
    assert reader.facts is not None
    assert reader.facts.model == "scene"
    after = reader.frame(SECONDS)
    assert after is not None
    assert not np.array_equal(before, after)


def test_a_process_that_dies_is_a_crash_and_says_how(reader: CameraReader) -> None:
    first_frame(reader)
    os.kill(reader._process.pid, signal.SIGKILL)
    with pytest.raises(CameraCrashed, match="scene: the camera process ended by SIGKILL"):
        read_on(reader)


def test_a_process_that_hangs_is_a_timeout_and_can_still_be_ended(
    monkeypatch: pytest.MonkeyPatch, reader: CameraReader
) -> None:
    monkeypatch.setattr("edge.camera.reader._STOP_SECONDS", 0.2)
    first_frame(reader)
    os.kill(reader._process.pid, signal.SIGSTOP)
    with pytest.raises(CameraTimeout, match="scene: no frame for .* check the cable"):
        read_on(reader)
    reader.close()
    assert reader._process.returncode == -signal.SIGKILL


def test_a_process_that_cannot_be_killed_is_left_behind_by_name(
    monkeypatch: pytest.MonkeyPatch, reader: CameraReader
) -> None:
    """It waits within its driver (state D). The observer waited for it, until its watchdog ended the observer."""
    for wait in ("_STOP_SECONDS", "_KILL_SECONDS"):
        monkeypatch.setattr(f"edge.camera.reader.{wait}", 0.1)
    first_frame(reader)
    os.kill(reader._process.pid, signal.SIGSTOP)
    with monkeypatch.context() as driver:
        driver.setattr(reader._process, "kill", lambda: None)
        for _ in range(2):
            with pytest.raises(CameraTimeout, match=r"scene: the camera process \d+ cannot be ended: .* unplug"):
                reader.close()
    os.kill(reader._process.pid, signal.SIGKILL)
    reader._process.wait(SECONDS)
    reader.close()


def test_a_process_without_a_processor_is_not_a_matter_of_the_cable(
    monkeypatch: pytest.MonkeyPatch, reader: CameraReader
) -> None:
    first_frame(reader)
    os.kill(reader._process.pid, signal.SIGSTOP)
    monkeypatch.setattr("edge.camera.reader.seconds_without_processor", lambda _pid: time.monotonic())
    with pytest.raises(
        CameraTimeout, match="no frame for 1 s, as this machine had no processor time for it; see `top`"
    ):
        read_on(reader)
    os.kill(reader._process.pid, signal.SIGCONT)  # so that it ends at once


def test_two_processes_on_one_processor_lack_it_for_some_time() -> None:
    processor = min(os.sched_getaffinity(0))
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        for process in spinning:
            os.sched_setaffinity(process.pid, {processor})
        until(lambda: seconds_without_processor(spinning[0].pid) > 0.2)
    finally:
        for process in spinning:
            process.kill()
            process.wait()
    assert seconds_without_processor(spinning[0].pid) == 0.0, "it has ended"


def test_an_error_keeps_its_name_and_words_across_processes(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    reader = CameraReader(source_settings(source=str(tmp_path / "empty.mp4")))
    with pytest.raises(CameraUnreadable, match=r"empty.mp4: is empty \(0 bytes\); copy the clip again"):
        read_on(reader)
    reader.close()


@pytest.mark.parametrize(
    "packet",
    [
        b"\xff",
        b"[]",
        b"{}",
        b'{"width": 4000, "height": 4000}',  # more than the shared memory holds
        b'{"width": -1, "height": -1}',
        b'{"width": 1e3, "height": true}',
        b'{"name": 1, "thing": 2, "problem": 3, "remedy": 4}',
        b'{"name": "CameraBusy", "else": ""}',
        b"[" * 30_000,
        b'{"model": "scene"}',  # a second time
    ],
)
def test_a_message_that_no_camera_process_sends_is_an_error_by_name(reader: CameraReader, packet: bytes) -> None:
    """The process behind it decodes foreign bytes. The third packet ended the observer by SIGBUS."""
    first_frame(reader)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    reader._control.close()
    reader._control = ours
    theirs.send(packet)
    with pytest.raises(CameraCrashed, match="sent what no camera process sends"):
        reader.frame(1.0)
    reader.close()
    theirs.close()


def test_a_reader_that_is_closed_leaves_no_process(reader: CameraReader) -> None:
    first_frame(reader)
    reader.close()
    assert reader._process.returncode is not None


class FakeReader:
    """Fails or gives a frame, as told."""

    script: list[CameraError | None] = []  # noqa: RUF012 - set by each test

    def __init__(self, _settings: SourceSettings) -> None:
        self.closed = False
        self.cannot_end = False

    def frame(self, _timeout: float) -> Luma:
        error = self.script.pop(0)
        if error is not None:
            raise error
        return np.zeros((2, 2), np.uint8)

    facts = CameraFacts(refused=("zoom=2: only a Raspberry Pi camera follows it",))

    def resident_kilobytes(self) -> int:
        return 0

    def close(self) -> None:
        if self.cannot_end:
            raise CameraTimeout("picamera2", "the camera process 7 cannot be ended", "restart the machine")
        self.closed = True


class Clock:
    """Time that passes only while someone sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


def gone() -> CameraMissing:
    return CameraMissing("/dev/video0", "no such camera", "plug it in")


def test_failures_are_retried_with_growing_waits_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    clock = Clock()
    FakeReader.script = [gone(), gone(), gone(), None]
    camera = CameraControl(CameraSettings(), FakeReader, clock, clock.sleep)  # type: ignore[arg-type]
    states = []
    while camera.frame(0.25) is None:
        states.append(camera.report())
    assert {(s.state, s.error) for s in states} == {("retrying", "CameraMissing")}
    assert camera.report().model_dump() == {"state": "running", "error": None, "restarts": 3}
    assert clock.slept > 0.7
    told = [record.message for record in caplog.records]
    assert len([line for line in told if "no such camera; plug it in" in line]) == 1
    assert any("works again after 3 restarts" in line for line in told)


def test_a_setting_that_the_camera_does_not_follow_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    FakeReader.script = [None, gone(), None]
    camera = CameraControl(CameraSettings(), FakeReader, clock, clock.sleep)  # type: ignore[arg-type]
    until(lambda: camera.frame(0.25) is not None)
    until(lambda: camera.frame(0.25) is not None)
    assert camera.facts == FakeReader.facts
    lines = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert lines.count("picamera2 does not follow zoom=2: only a Raspberry Pi camera follows it") == 1


def test_asking_never_takes_longer_than_allowed_while_waiting_for_the_next_attempt() -> None:
    clock = Clock()
    FakeReader.script = [gone()] * 20
    camera = CameraControl(CameraSettings(), FakeReader, clock, clock.sleep)  # type: ignore[arg-type]
    for _ in range(50):
        before = clock.now
        camera.frame(0.25)
        assert clock.now - before <= 0.2501


def test_a_paused_camera_is_closed_and_opened_again_at_once() -> None:
    clock = Clock()
    FakeReader.script = [None, gone(), None]
    made: list[FakeReader] = []

    def reader(settings: SourceSettings) -> FakeReader:
        made.append(FakeReader(settings))
        return made[-1]

    camera = CameraControl(CameraSettings(), reader, clock, clock.sleep)  # type: ignore[arg-type]
    camera.frame(0.25)
    camera.pause()
    assert made[0].closed
    assert camera.report().state == "paused"
    assert camera.frame(0.25) is None
    camera.pause()
    assert camera.report().model_dump() == {"state": "paused", "error": None, "restarts": 1}
    slept = clock.slept
    assert camera.frame(0.25) is not None
    assert clock.slept == slept, "a pause is no failure to wait after"
    assert camera.report().state == "running"


@pytest.mark.parametrize("closes", ["stall", "pause"])
def test_while_a_process_cannot_be_ended_no_other_one_is_started(closes: str, caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    stall = CameraTimeout("picamera2", "no frame for 10 s", "check the cable")
    FakeReader.script = [None, *([stall] if closes == "stall" else []), None]
    made: list[FakeReader] = []

    def reader(settings: SourceSettings) -> FakeReader:
        made.append(FakeReader(settings))
        return made[-1]

    camera = CameraControl(CameraSettings(), reader, clock, clock.sleep)  # type: ignore[arg-type]
    assert camera.frame(0.25) is not None
    made[0].cannot_end = True
    if closes == "pause":
        camera.pause()
        assert "the camera process 7 cannot be ended; restart the machine" in caplog.text
    assert [camera.frame(0.25) for _ in range(50)] == [None] * 50
    assert camera.report().error == "CameraTimeout"
    assert len(made) == 1
    assert "the camera process 7 cannot be ended; restart the machine" in caplog.text
    assert "check the cable" not in caplog.text, "that is not the cause"
    made[0].cannot_end = False
    until(lambda: camera.frame(0.25) is not None)
    assert made[0].closed


def test_restarts_are_those_since_the_camera_worked_last(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    clock = Clock()
    FakeReader.script = [gone(), gone(), gone(), None, gone(), None]
    camera = CameraControl(CameraSettings(), FakeReader, clock, clock.sleep)  # type: ignore[arg-type]
    for _ in range(2):
        until(lambda: camera.frame(0.25) is not None)
    assert [line.rpartition(" after ")[2] for line in caplog.messages if "works again" in line] == [
        "3 restarts",
        "1 restart",
    ]
    assert camera.report().restarts == 4, "since the start"


def test_a_clip_that_ends_is_reported_and_opened_again(tmp_path: Path) -> None:
    camera = CameraControl(camera_settings(source=str(clip(tmp_path / "a.avi", frames=2))))
    until(lambda: camera.frame(0.5) is None and camera.report().error == "CameraEnded")
    assert camera.report().state == "retrying"
    until(lambda: camera.frame(0.5) is not None)
    assert camera.report().state == "running"
    camera.close()
