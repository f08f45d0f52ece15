"""Errors that a person can act on: each names the thing, what is wrong with it, and the remedy."""

EX_NOINPUT = 66
EX_UNAVAILABLE = 69
EX_SOFTWARE = 70
EX_CONFIG = 78
"""Exit codes of BSD's sysexits.h; systemd must not restart a unit that ended with EX_CONFIG."""


class EdgeError(Exception):
    """One line for a person: `thing: problem; remedy`."""

    exit_code = EX_SOFTWARE

    def __init__(self, thing: object, problem: str, remedy: str) -> None:
        super().__init__(f"{thing}: {problem}; {remedy}")


class ConfigError(EdgeError):
    """The configuration, or a file that it names, cannot be used; restarting will not help."""

    exit_code = EX_CONFIG


class InvalidConfig(ConfigError):
    """A configuration file with one or more wrong values; `problems` holds a line for each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        Exception.__init__(self, "\n".join(problems))


class UnusableModel(ConfigError):
    """The emotion model is missing, damaged, or not of the expected inputs, outputs and labels."""


class UnusableCascade(ConfigError):
    """The face cascade is missing or damaged."""


class UnusableDetector(ConfigError):
    """YuNet's file is missing, damaged, or not the expected one."""


class UnusableInput(EdgeError):
    """A picture or clip that was named on the command line cannot be read."""

    exit_code = EX_NOINPUT


class Unavailable(EdgeError):
    """A port, broker or other resource that is taken or out of reach."""

    exit_code = EX_UNAVAILABLE
