"""`emotion-edge check-config`: check the configuration before a start."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import click

from edge.config import Settings
from edge.config.file import DEFAULT_PATH, load
from edge.config.notices import notices
from edge.errors import EX_CONFIG, ConfigError, InvalidConfig


@click.command("check-config")
@click.argument("file", type=click.Path(path_type=Path), default=DEFAULT_PATH)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def command(file: Path, as_json: bool) -> None:
    """Check a configuration and every file that it names; print all problems at once, and what else should be known."""
    problems = check(file)
    known = [] if problems else [f"{file}: {notice}" for notice in notices(load(file))]
    click.echo(_report(file, problems, known, as_json=as_json))
    sys.exit(EX_CONFIG if problems else 0)


def check(file: Path) -> list[str]:
    """Return one line for every problem of a configuration file and of the files that it names."""
    from edge.mqtt.credentials import password, tls_context
    from edge.publisher.metrics import library
    from edge.vision.classifier import EmotionClassifier
    from edge.vision.detectors import make_detector

    try:
        settings = load(file)
    except InvalidConfig as error:
        return error.lines()
    checks: list[Callable[[Settings], object]] = [
        lambda settings: make_detector(settings.vision),
        lambda settings: settings.mode == "presence" or EmotionClassifier(settings.vision),
        lambda settings: settings.camera.complete_source(),
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


def _report(file: Path, problems: list[str], known: list[str], *, as_json: bool) -> str:
    if as_json:
        return json.dumps({"file": str(file), "ok": not problems, "problems": problems, "notices": known})
    return "\n".join(problems or [*known, f"{file}: in order"])
