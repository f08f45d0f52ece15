"""`emotion-edge check-config`: everything that can be known to be wrong before a start."""

import json
from collections.abc import Callable
from pathlib import Path

from edge.config import Settings
from edge.config.file import load
from edge.errors import ConfigError, InvalidConfig
from edge.mqtt.client import password, tls_context
from edge.publisher.metrics import library
from edge.vision.classifier import EmotionClassifier
from edge.vision.detectors.base import make_detector


def check(file: Path) -> list[str]:
    """Return a line for every problem of a configuration file and of the files it names."""
    try:
        settings = load(file)
    except InvalidConfig as error:
        return error.problems
    checks: list[Callable[[Settings], object]] = [
        lambda settings: make_detector(settings.vision),
        lambda settings: settings.mode == "presence" or EmotionClassifier(settings.vision),
        lambda settings: tls_context(settings.mqtt),
        lambda settings: password(settings.mqtt),
        lambda settings: settings.metrics.address is None or library(),
    ]
    problems = []
    for one in checks:
        try:
            one(settings)
        except ConfigError as error:
            problems.append(f"{file}: {error}")
    return problems


def report(file: Path, problems: list[str], *, as_json: bool) -> str:
    """Return what to print."""
    if as_json:
        return json.dumps({"file": str(file), "ok": not problems, "problems": problems})
    return "\n".join(problems) if problems else f"{file}: in order"
