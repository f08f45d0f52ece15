"""`emotion-edge check-config`: check the configuration before a start."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from edge.commands.options import take_credentials
from edge.config import Settings
from edge.config.completeness import doubt
from edge.config.file import DEFAULT_PATH, place, read
from edge.config.for_board import explained
from edge.config.notices import notices
from edge.config.placeholders import placeholders
from edge.config.text import decode
from edge.errors import EX_CONFIG, ConfigError, redact
from edge.system.board import board_model
from edge.system.configuration import against_last


@click.command("check-config")
@click.argument("file", type=click.Path(path_type=Path), default=DEFAULT_PATH)
@click.option(
    "--replaces",
    type=click.Path(path_type=Path),
    help="The configuration that FILE will replace: what its device would refuse is a problem, too.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")
def command(file: Path, replaces: Path | None, as_json: bool) -> None:
    """Check a configuration and every file that it names; print all problems at once.

    As root, it also tests that the users of the services can read these files. It refuses placeholders (a site named
    site, a room named room, a broker named *.example), which the demo may use and a real device may not. A camera that
    is only absent, one on the network, and settings with which nobody can be counted are warnings.
    """
    problems = check(file, replaces)
    settings = None if problems else read(file)[0]
    warnings = _warnings(file, settings) if settings else []
    board = explained(settings, board_model()) if settings else ""
    click.echo(_report(file, problems, warnings, board, as_json=as_json))
    sys.exit(EX_CONFIG if problems else 0)


def check(file: Path, replaces: Path | None = None) -> list[str]:
    """Return one line for every problem of a configuration file and of the files that it names.

    Args:
        file: the configuration.
        replaces: the configuration whose place the file will take; None for its own.

    """
    from edge.camera.sources.absent import wrong_source
    from edge.system.readers import unreadable_files

    take_credentials()
    settings, found = read(file)
    found += [] if found else against_last(file, settings, replaces or file)
    problems = [str(problem) for problem in found]
    named = {problem.thing for problem in found}
    if found and settings == Settings():
        return problems  # nothing of the file could be read, perhaps as this user may not look for it
    if not file.is_file():
        return problems
    text = decode(file.read_bytes())
    suspect = list(placeholders(settings))
    if why := wrong_source(settings.camera):
        suspect.append((("camera", "source"), why))
    places = ((place(file, text, key), words) for key, words in suspect)
    problems += [f"{thing}: {words}" for thing, words in places if thing not in named]
    problems += [f"{file}: {error}" for error in _unusable(settings)]
    for one in unreadable_files(settings, file, DEFAULT_PATH):
        thing = place(file, text, one.key) if one.key else str(file)
        problems.append(f"{thing}: {one.path}: {one.problem}; {one.remedy}")
    return problems


def _unusable(settings: Settings) -> Iterator[ConfigError]:
    """Load every file that the settings name, as the daemon does."""
    from edge.mqtt.credentials import password, tls_context
    from edge.publisher.metrics import library
    from edge.vision.classifier import EmotionClassifier
    from edge.vision.detectors import make_detector

    checks: list[Callable[[Settings], object]] = [
        lambda settings: make_detector(settings.vision),
        lambda settings: settings.mode == "presence" or EmotionClassifier(settings.vision),
        lambda settings: settings.camera.complete_source(),
        lambda settings: tls_context(settings.mqtt),
        lambda settings: password(settings.mqtt),
        lambda settings: settings.metrics.address is None or library(),
    ]
    for one in checks:
        try:
            one(settings)
        except ConfigError as error:
            yield error


def _warnings(file: Path, settings: Settings) -> list[str]:
    """Return one line for everything that a valid configuration permits and a user should know."""
    from edge.camera.sources.absent import absent_source
    from edge.privacy.practice import Practice

    why = absent_source(settings.camera)
    found = [f"camera.source: {why}"] if why else []
    if left := Practice.of(settings).seconds_left:
        found.append(f"privacy.min_group: there is practice for {left / 60:.0f} more minutes, so it is 1 until then")
    found += [why] if (why := doubt(decode(file.read_bytes()))) else []
    return [f"{file}: {one}" for one in [*found, *map(str, notices(settings))]]


def _report(file: Path, problems: list[str], warnings: list[str], board: str, *, as_json: bool) -> str:
    problems, warnings = list(map(redact, problems)), list(map(redact, warnings))
    if as_json:
        return json.dumps(
            {"file": str(file), "ok": not problems, "problems": problems, "warnings": warnings, "board": board}
        )
    lines = problems or [*([board] if board else []), f"{file}: in order"]
    return "\n".join([*(f"warning: {one}" for one in warnings), *lines])
