"""Errors for the user: each names the thing, the problem and the remedy, and no password."""

import re
from collections.abc import Mapping
from typing import Self

EX_NOINPUT = 66
EX_UNAVAILABLE = 69
EX_SOFTWARE = 70
EX_RECORDS_LOST = 75
EX_CONFIG = 78
"""Exit codes of BSD's sysexits.h (75 is its EX_TEMPFAIL); systemd does not restart a unit that ends with EX_CONFIG."""


_LOGIN = re.compile(r"""(?<=://)[^\s"'<>]*:[^\s"'<>]*@|[^\s"'<>/@:]+:(?!//)[^\s"'<>@]*@""")
"""User and password in front of a host, with a scheme or without; greedy, as an unescaped password may hold an @."""


def redact(text: str) -> str:
    """Return a text for a log, a terminal or a report without the passwords of addresses in it."""
    return _LOGIN.sub("***@", text)


class EdgeError(Exception):
    """What went wrong, as separate facts. Only `str(error)` and `lines` make sentences of them.

    Attributes:
        thing: the file, setting, device or address that is at fault.
        problem: what is wrong with it.
        remedy: what to do; empty where nothing is known.
        exit_code: of the command that ends because of it.

    """

    exit_code = EX_SOFTWARE

    def __init__(self, thing: object, problem: str, remedy: str, *settings: str) -> None:
        """Keep the facts; each `{}` in `remedy` stands for one of `settings`, keys such as `mqtt.url`."""
        super().__init__(str(thing), problem, remedy, *settings)
        self.thing = str(thing)
        self.problem = problem
        self._remedy = remedy
        self._settings = settings
        self._names: Mapping[str, str] = {}

    @property
    def remedy(self) -> str:
        """What to do, with every setting under the name by which the person set it."""
        if not self._settings:
            return self._remedy
        return self._remedy.format(*(self._names.get(key, key) for key in self._settings))

    @property
    def facts(self) -> tuple[type, str, str, str]:
        """What makes two errors the same for a person."""
        return type(self), self.thing, self.problem, self.remedy

    def name_settings(self, names: Mapping[str, str]) -> Self:
        """Use other names for settings from now on, such as options of the command line; return this error."""
        self._names = names
        return self

    def lines(self) -> list[str]:
        """Return one line for each problem."""
        return [redact(f"{self.thing}: {self.problem}" + (f"; {self.remedy}" if self.remedy else ""))]

    def __str__(self) -> str:
        return "\n".join(self.lines())


class ConfigError(EdgeError):
    """The configuration, or a file that it names, cannot be used; a restart does not help."""

    exit_code = EX_CONFIG


class InvalidConfig(ConfigError):
    """A configuration file with one or more wrong values; `problems` holds an error for each."""

    def __init__(self, file: object, problems: list[ConfigError]) -> None:
        super().__init__(file, "cannot be used", "correct it")
        self.problems = problems

    def lines(self) -> list[str]:
        """Return one line for each problem."""
        return [str(problem) for problem in self.problems]


class UnusableModel(ConfigError):
    """The emotion model is missing or damaged, or has other inputs, outputs or labels than expected."""


class UnusableCascade(ConfigError):
    """The face cascade is missing or damaged."""


class UnusableDetector(ConfigError):
    """The YuNet file is missing, damaged, or not the expected one."""


class UnusableInput(EdgeError):
    """A picture or video file from the command line cannot be read."""

    exit_code = EX_NOINPUT


class Unavailable(EdgeError):
    """A port, broker or other resource is in use or cannot be reached."""

    exit_code = EX_UNAVAILABLE


class RecordsLost(EdgeError):
    """The daemon was stopped while closed records could be neither handed over in time nor stored: they are lost."""

    exit_code = EX_RECORDS_LOST
