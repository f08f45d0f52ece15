"""Errors for the user: each names the thing, the problem and the remedy."""

EX_NOINPUT = 66
EX_UNAVAILABLE = 69
EX_SOFTWARE = 70
EX_CONFIG = 78
"""Exit codes of BSD's sysexits.h; systemd does not restart a unit that ends with EX_CONFIG."""


class EdgeError(Exception):
    """An error that is shown as one line: `thing: problem; remedy`."""

    exit_code = EX_SOFTWARE

    def __init__(self, thing: object, problem: str, remedy: str) -> None:
        super().__init__(f"{thing}: {problem}; {remedy}")


class ConfigError(EdgeError):
    """The configuration, or a file that it names, cannot be used; a restart does not help."""

    exit_code = EX_CONFIG


class InvalidConfig(ConfigError):
    """A configuration file with wrong values; `problems` has one line for each."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        Exception.__init__(self, "\n".join(problems))


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
