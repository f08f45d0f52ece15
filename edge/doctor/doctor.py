"""`emotion-edge doctor`: which parts of a device are in order, and remedies for the others."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from edge.config import Settings
from edge.doctor import broker, camera, configuration, hub, libraries, machine, privacy
from edge.doctor.finding import Finding
from edge.errors import EX_CONFIG, EX_SOFTWARE, EX_UNAVAILABLE, ConfigError
from edge.system.paths import exists

_CHECKS: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
    libraries.check,
    camera.check,
    broker.check,
    machine.check,
)
_OF_ALL_MACHINES = ("clock", "heat", "power")
"""What is checked where a hub runs and no device."""


def examine(settings: Settings, file: Path, problems: list[ConfigError], *, promises: bool) -> list[Finding]:
    """Run every check; with `promises`, those of privacy instead.

    Args:
        settings: read from `file`; defaults stand for what could not be used.
        file: the configuration.
        problems: of `file`; the broker of a file with problems is not tried.
        promises: whether the promises of privacy are examined.

    """
    if exists(hub.CONFIG) and exists(file) is False and not promises:
        of_all = [finding for finding in machine.check(settings) if finding.code in _OF_ALL_MACHINES]
        return [*of_all, *hub.check()]
    found = list(configuration.check(settings, file, problems))
    checks = (privacy.check,) if promises else _CHECKS
    left_out = broker.check if problems else None
    found += [finding for check in checks if check is not left_out for finding in check(settings)]
    return found if promises else [*found, *hub.check()]


def exit_code(findings: list[Finding]) -> int:
    """Return 0 where nothing failed, else the code of the first kind of failure: 78, 69, 70."""
    failed = {finding.exit_code for finding in findings if finding.state == "failed"}
    return next((code for code in (EX_CONFIG, EX_UNAVAILABLE, EX_SOFTWARE) if code in failed), 0)


def report(file: Path, findings: list[Finding], *, as_json: bool) -> str:
    """Return what to print: a line for each finding, and a second one with the remedy where it is not in order."""
    if as_json:
        entries: list[dict[str, Any]] = [finding._asdict() for finding in findings]
        return json.dumps({"file": str(file), "exit_code": exit_code(findings), "findings": entries})
    lines = []
    for finding in findings:
        lines.append(f"{finding.state:7} {finding.code:22} {finding.sentence}")
        lines += [f"{'':30} -> {finding.remedy}"] if finding.remedy else []
    return "\n".join(lines)
