"""Cascade, model and camera."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from edge.camera.camera import source_settings
from edge.camera.errors import CameraBusy, CameraError
from edge.camera.reader import CameraReader
from edge.camera.sources.base import SourceSettings
from edge.config import Settings
from edge.config.notices import notices
from edge.doctor.finding import Finding, failed
from edge.doctor.handed_over import outdated
from edge.errors import ConfigError
from edge.system.paths import state_directory
from edge.system.running import read_running
from edge.system.units import OBSERVER, unit_properties
from edge.vision.classifier import EmotionClassifier
from edge.vision.detectors import make_detector

_FRAME_SECONDS = 15.0
_NODES = ("video", "media")
"""How the names of camera nodes in /dev begin."""


def check(settings: Settings) -> Iterator[Finding]:
    """Load cascade and model, which test themselves against their hashes, and ask the camera for a frame."""
    try:
        make_detector(settings.vision)
        yield Finding("cascade", "ok", f"faces are found by {settings.vision.detector}")
    except ConfigError as error:
        yield failed("cascade", error)
    if settings.mode == "emotions":
        try:
            classifier = EmotionClassifier(settings.vision)
            yield Finding("model", "ok", f"{classifier.name} passes its self-test on {classifier.runtime}")
        except ConfigError as error:
            yield failed("model", error)
    try:
        yield from _camera(settings, source_settings(settings.camera))
    except ConfigError as error:
        yield failed("camera", error)
    if names := outdated(OBSERVER, (settings.camera.password_file,)):
        sentence = f"the running observer still uses another {names[0]} than /etc/credstore has"
        yield Finding("camera.password", "warning", sentence, "sudo systemctl restart emotion-edge-observer")
    for notice in notices(settings):
        code = "camera.network" if notice.key == "camera.source" else "counting"
        yield Finding(code, "warning", f"{notice.key}: {notice.fact}", notice.advice)


def _camera(settings: Settings, source: SourceSettings) -> Iterator[Finding]:
    reader = CameraReader(source)
    try:
        found = _first_frame(settings, reader)
    finally:
        unclosed = _close(reader)
    yield unclosed if unclosed and found.state == "ok" else found
    for refused in reader.facts.refused if reader.facts else ():
        remedy = "correct the setting, or choose another camera"
        yield Finding("camera.setting", "warning", f"{settings.camera.shown} does not follow {refused}", remedy)


def _close(reader: CameraReader) -> Finding | None:
    """Close the camera; return what is wrong where its process cannot even be killed, as its driver hangs."""
    try:
        reader.close()
    except CameraError as error:
        return failed("camera", error)
    return None


def _first_frame(settings: Settings, reader: CameraReader) -> Finding:
    try:
        luma = reader.frame(_FRAME_SECONDS)
    except CameraBusy as error:
        found = _holders()
        if ours := sorted(process for process in found if _is_ours(process, settings)):
            who = ", ".join(found[process] for process in ours)
            return Finding("camera", "ok", f"the camera is in use by the observer, {who}, as it should be")
        holders = ", ".join(sorted(found.values()))
        finding = failed("camera", error)
        return finding._replace(sentence=f"{finding.sentence}, by {holders}") if holders else finding
    except CameraError as error:
        return failed("camera", error)
    if luma is None:
        remedy = "check the ribbon cable at both ends"
        return Finding(
            "camera", "failed", f"{settings.camera.shown} gives no frame within {_FRAME_SECONDS:g} s", remedy
        )
    return Finding("camera", "ok", f"{settings.camera.shown} gives frames of {luma.shape[1]} x {luma.shape[0]}")


def _holders() -> dict[int, str]:
    """Return `name (process id)` of each process that has a camera node open, by its id; only root sees all of them."""
    found = {}
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            for descriptor in (process / "fd").iterdir():
                node = descriptor.readlink()
                if node.name.startswith(_NODES) and stat.S_ISCHR(node.stat().st_mode):
                    found[int(process.name)] = f"{(process / 'comm').read_text().strip()} ({process.name})"
        except OSError:  # it has ended, or belongs to another user
            continue
    return found


def _is_ours(process: int, settings: Settings) -> bool:
    """Return whether a process is of the observer's unit, or of `emotion-edge run` with this state directory.

    Its name tells nothing: the observer leaves the camera to a child, which is a Python like any other.
    """
    group = unit_properties(OBSERVER).get("ControlGroup", "")
    groups = [line.split(":", 2)[-1] for line in _lines_of(process, "cgroup")]
    if group and any(one == group or one.startswith(f"{group}/") for one in groups):
        return True
    running = read_running(state_directory(settings))
    return running is not None and running.reload_pid in _ancestors(process)


def _ancestors(process: int) -> list[int]:
    """Return a process, its parent, the parent of that, and so on."""
    found = []
    while process > 0 and process not in found:
        found.append(process)
        parents = [line.split()[1] for line in _lines_of(process, "status") if line.startswith("PPid:")]
        process = int(parents[0]) if parents else 0
    return found


def _lines_of(process: int, name: str) -> list[str]:
    """Return the lines of a file of a process in /proc; none where it has ended."""
    try:
        return Path(f"/proc/{process}/{name}").read_text(errors="replace").splitlines()
    except OSError:
        return []
