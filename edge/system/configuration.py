"""The configuration of a process: what its file says, and what stands in for a file that cannot be used."""

import logging
import math
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from edge.config import Settings
from edge.config.changes import changes
from edge.config.completeness import END, RESTORE, doubt, has_end
from edge.config.file import parse, read, read_text, spool_directory
from edge.config.loosening import loosened
from edge.config.substitute import foreign_keys
from edge.errors import ConfigError, EdgeError, InvalidConfig
from edge.system.last_configuration import (
    LastConfiguration,
    keep_last,
    read_last,
    without_secrets,
)
from edge.system.left_behind import left_behind
from edge.system.paths import state_directory

log = logging.getLogger(__name__)

_MOST_OTHERS = 3
"""Versions that are remembered besides the one in use and that of the file, as one may be gone back to."""


class _Version(NamedTuple):
    settings: Settings
    text: str


class Configuration:
    """The file of one process, over all its reloads. No file that cannot be used, or was cut short, is taken up."""

    def __init__(self, file: Path, adjust: Callable[[Settings], Settings] = lambda settings: settings) -> None:
        """Read nothing yet.

        Args:
            file: the configuration.
            adjust: changes settings by the options of the command line.

        """
        self._file = file
        self._adjust = adjust
        self._versions: list[_Version] = []
        self._of_file: _Version | None = None
        self._in_use: _Version | None = None
        self.is_refused = False
        """Whether an earlier configuration is in use than that of the file as it was read last."""
        self.unusable: Settings | None = None
        """Settings of the file that this process could not use: a port is taken, or a model is damaged."""
        self.check: Callable[[Settings], None] = lambda _settings: None
        """Called with new settings before they are returned by `read`; raises `EdgeError` where they cannot be used."""

    def begin(self) -> Settings:
        """Return the settings of the file, or those of the last good one where the file cannot be used.

        Raises:
            ConfigError: the file cannot be used, and there is no last good configuration of it.

        """
        try:
            self._of_file = self._remember(self._read(self._last()))
        except ConfigError as error:
            settings = self.substitute()
            if settings is None:
                raise
            for line in error.lines():
                log.error("%s", line)  # noqa: TRY400 - for a person
            log.warning("the last good configuration is used, as %s cannot be used", self._file)
            return settings
        return self._of_file.settings

    def read(self) -> Settings:
        """Return the settings of the file as it is now, and log what differs from those in use.

        Raises:
            EdgeError: the file cannot be used, was cut short, loosens by a missing key what is in force, or leaves the
                state of the device behind.

        """
        before = self._in_use
        try:
            new = self._read(before)
            self.check(new.settings)
        except EdgeError:
            self.is_refused = True
            raise
        for line in changes(before.settings, new.settings) if before else ():
            log.info("%s: %s", self._file, line)
        self._of_file = self._remember(new)
        return self._of_file.settings

    def last_good(self) -> Settings | None:
        """Return the settings that both processes used last, or None where they are not known."""
        last = self._last()
        return self._remember(last).settings if last else None

    def substitute(self) -> Settings | None:
        """Return the last good settings where they may stand in for the file, else None.

        The publisher writes them, and the publisher may be compromised. So they may not open the camera where the file
        keeps it closed, nor name what the observer opens. Only where the file cannot be parsed, they are all there is.
        """
        last, trusted = self.last_good(), self.settings_of_file()
        if trusted is None and self._in_use is not None:
            trusted = self._in_use.settings
        if last is None or trusted is None:
            return last
        if not (foreign := foreign_keys(last, trusted)):
            return last
        log.warning(
            "%s: the last good configuration cannot stand in for it, as that has another value of %s; correct the file",
            self._file,
            ", ".join(foreign),
        )
        return None

    def use(self, settings: Settings) -> None:
        """Note which settings are in use: an object that another method of this class returned."""
        known = [one for one in self._versions if one.settings is settings]
        if known:
            self._in_use = known[0]
            self.is_refused = known[0] is not self._of_file

    def keep(self, directory: Path, machine: str, now: float) -> None:
        """Keep the configuration in use as the last good one, without passwords in addresses: both processes use it.

        Args:
            directory: the state directory.
            machine: id of this boot of the machine.
            now: CLOCK_MONOTONIC in seconds.

        """
        if self._in_use is None:
            return
        settings, text = self._in_use.settings, without_secrets(self._in_use.text)
        last = read_last(directory, self._file)
        if last is None:
            keep_last(directory, LastConfiguration.sealed(self._file, text, settings, machine))
        elif last.text != text:
            keep_last(directory, last.replaced_by(text, settings, machine, now))

    def former_intervals(self, directory: Path, machine: str) -> dict[float, float]:
        """Return until when the observer may have used other configurations than this process.

        Args:
            directory: the state directory.
            machine: id of this boot of the machine.

        Returns:
            by length of the interval in seconds, CLOCK_MONOTONIC in seconds; infinite for one that it may use still.

        """
        last = read_last(directory, self._file)
        ended = last.former_intervals if last and last.machine == machine else ()
        still: list[float] = [one.settings.interval_seconds for one in (self._in_use, self._of_file) if one]
        if last:
            still.append(last.interval_seconds)
        return {one.seconds: one.until for one in ended} | dict.fromkeys(map(float, still), math.inf)

    def settings_of_file(self) -> Settings | None:
        """Return the settings of the file as it is now, without a word in the log; None where it cannot be used."""
        settings, problems = read(self._file)
        return None if problems else self._adjust(settings)

    def _read(self, before: _Version | None) -> _Version:
        text = read_text(self._file)
        settings, problems = parse(self._file, text)
        if not problems and before is not None:
            problems = _refusals(self._file, text, settings, before.text, before.settings)
        if problems:
            raise InvalidConfig(self._file, problems)
        if why := doubt(text):
            log.warning("%s: %s", self._file, why)
        return _Version(self._adjust(settings), text)

    def _last(self) -> _Version | None:
        last = last_of(self._file)
        if known := [one for one in self._versions if last is not None and without_secrets(one.text) == last.text]:
            return known[-1]
        settings = last.settings() if last else None
        return _Version(self._adjust(settings), last.text) if last and settings else None

    def _remember(self, version: _Version) -> _Version:
        """Return the same version, or an equal one that is known."""
        if version in self._versions:
            return self._versions[self._versions.index(version)]
        needed = [one for one in self._versions if one in (self._in_use, self._of_file)]
        others = [one for one in self._versions if one not in needed]
        self._versions = [*others[-_MOST_OTHERS:], *needed, version]
        return version


def last_of(file: Path) -> LastConfiguration | None:
    """Return the last good configuration of a file that perhaps cannot be read; None where there is none."""
    directories = {state_directory(Settings()): None}
    try:
        text = read_text(file)
    except ConfigError:
        text = ""
    if named := spool_directory(text):
        directories = {Path(named): None} | directories
    found = (read_last(directory, file) for directory in directories)
    return next((one for one in found if one), None)


def against_last(file: Path, settings: Settings, replaces: Path) -> list[ConfigError]:
    """Return why a device would refuse the settings of a file after those that it uses now, or used last.

    Args:
        file: the configuration.
        settings: read from it.
        replaces: the configuration of the device, whose place the file will take; the same path if it has it already.

    """
    last = last_of(replaces)
    before = last.settings() if last else None
    if last is None or before is None:
        return []
    return _refusals(file, read_text(file), settings, last.text, before)


def _refusals(file: Path, text: str, new: Settings, text_before: str, before: Settings) -> list[ConfigError]:
    """Return why a valid file may not take the place of the one before: cut short, loosening, leaving state behind."""
    found = []
    if has_end(text_before) and not has_end(text):
        found.append(ConfigError(file, f"was cut short: it had the last line `{END}`", RESTORE))
    return found + left_behind(file, text, before, new) + loosened(file, before, new)
