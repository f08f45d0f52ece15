"""Whether `camera.source` names something that there is, without opening it."""

import importlib.util
from pathlib import Path

from edge.camera.sources.camera_choice import is_picamera
from edge.camera.sources.devices import present_devices
from edge.config import CameraSettings

_SCHEMES = {"http", "https", "rtmp", "rtsp", "rtsps", "tcp", "udp"}
"""Protocols of cameras on the network that FFmpeg, which OpenCV uses, opens."""


def wrong_source(settings: CameraSettings) -> str:
    """Return why no camera can ever have this name; empty where one can."""
    source = settings.source
    if is_picamera(source) or source == "scene" or source.isdigit() or source.startswith("/dev/"):
        return ""
    if settings.needs_network:
        known = source.partition("://")[0].lower() in _SCHEMES
        return "" if known else "is no address of a camera; write rtsp://HOST/PATH"
    return (
        "" if Path(source).exists() else f"{settings.shown!r} is no camera, and there is no file or folder of this name"
    )


def absent_source(settings: CameraSettings) -> str:
    """Return why the camera cannot be used now, though it may come; empty where nothing is known against it."""
    source = settings.source
    if is_picamera(source) and importlib.util.find_spec("picamera2") is None:
        return "picamera2 is not installed; apt install python3-picamera2"
    if source.isdigit() or source.startswith("/dev/"):
        device = Path(f"/dev/video{source}" if source.isdigit() else source)
        return "" if device.exists() else f"there is no {device} now (present: {present_devices()}); plug the camera in"
    return ""
