"""The configuration file, who can read what it names, and the id of the device."""

from collections.abc import Iterator
from pathlib import Path

from edge.config import Settings
from edge.config.file import DEFAULT_PATH
from edge.config.for_board import explained
from edge.config.placeholders import placeholders
from edge.doctor.finding import Finding, failed
from edge.errors import EX_CONFIG, ConfigError
from edge.system.board import board_model
from edge.system.configuration import last_of
from edge.system.identity import known_id
from edge.system.paths import exists
from edge.system.readers import unreadable_files


def check(settings: Settings, file: Path, problems: list[ConfigError]) -> Iterator[Finding]:
    """Report the problems of the file, its placeholders, files that a service cannot read, and the device's id."""
    if exists(file) is False:
        remedy = f"emotion-edge default-config | sudo tee {file}"
        yield Finding("configuration", "warning", f"there is no {file}; the built-in values are examined", remedy)
    else:
        yield from (failed("configuration", problem) for problem in problems)
        for key, words in placeholders(settings) if not problems else ():
            yield Finding("configuration", "warning", f"{'.'.join(key)}: {words}", "emotion-edge check-config")
        for one in unreadable_files(settings, file, DEFAULT_PATH):
            yield Finding("configuration.files", "failed", f"{one.path}: {one.problem}", one.remedy, EX_CONFIG)
    if problems and last_of(file):
        sentence = f"a device that finds {file} like this uses the last good configuration of it"
        yield Finding("configuration.last-good", "warning", sentence, "correct the file, then: sudo emotion-edge apply")
    board = board_model()
    if sentence := explained(settings, board) or board:
        yield Finding("board", "ok", sentence)
    known = known_id(settings)
    yield Finding("device", "ok", f"the id is {known}" if known else "a random id is made at the first start")
