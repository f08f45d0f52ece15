"""`emotion-edge apply`: let the running device use the changed configuration, and wait until it does."""

import os
import shutil
import signal
import subprocess
import time
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable
from pathlib import Path

from edge.config import Settings
from edge.config.completeness import END, has_end
from edge.config.text import decode
from edge.errors import ConfigError, Unavailable
from edge.system.configuration_hash import configuration_hash
from edge.system.paths import state_directory
from edge.system.running import Running, read_running
from edge.system.units import OBSERVER, PUBLISHER, SERVICES, unit_properties

_POLL_SECONDS = 0.5
_PROCESSES = {PUBLISHER: "publisher", OBSERVER: "observer"}
_START = "sudo systemctl start emotion-edge.target"


def add_end(file: Path) -> str:
    """Add the end mark to a file that has none; return a line to print, empty where nothing is to be said.

    A file in UTF-16 stays as it is.
    """
    raw = file.read_bytes()
    text = decode(raw)
    if has_end(text) or raw.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return ""
    try:
        with file.open("a", encoding="utf-8") as writer:
            writer.write(f"{'' if text.endswith(chr(10)) else chr(10)}{END}\n")
            writer.flush()
            os.fsync(writer.fileno())
    except OSError as error:
        return f"{file}: the line `{END}` cannot be added ({error.strerror}); add it at the end"
    return f"{file}: the line `{END}` was added, which shows that the file is whole"


def apply(file: Path, settings: Settings, seconds: float, *, again: bool = False) -> str:
    """Return what to print when both processes use `settings`, which were read from `file`.

    Args:
        file: the configuration.
        settings: read from it.
        seconds: the longest wait.
        again: whether the file is to be read again even where these settings are in use: its text has changed.

    Raises:
        Unavailable: the device does not run, or its processes cannot be reached.
        ConfigError: a process keeps the old configuration.

    """
    directory = state_directory(settings)
    wanted = configuration_hash(settings)
    units = {unit: unit_properties(unit) for unit in SERVICES}
    installed = all(one.get("LoadState") == "loaded" for one in units.values())
    by_systemd = installed and any(one.get("ActiveState") != "inactive" for one in units.values())
    running = read_running(directory)
    if not again and running is not None and running.uses(wanted) and not _down(units, by_systemd=by_systemd):
        return f"{file}: in use already ({wanted})"
    begun = time.time()
    if by_systemd:
        _reload_units(units)
    elif running is not None:
        _signal(running.reload_pid)
    else:
        remedy = _START if installed else "start `emotion-edge run`, as the same user"
        raise Unavailable("emotion-edge", f"does not run on {directory}", remedy)
    _wait(file, directory, wanted, seconds, (lambda unit: _errors(unit, begun)) if by_systemd else lambda _unit: [])
    return f"{file}: in use now ({wanted})"


def _down(units: dict[str, dict[str, str]], *, by_systemd: bool) -> bool:
    return by_systemd and any(one["ActiveState"] in {"failed", "inactive"} for one in units.values())


def _reload_units(units: dict[str, dict[str, str]]) -> None:
    """Let each unit read the configuration again; one that is about to start reads it anyway."""
    for unit, properties in units.items():
        if properties["ActiveState"] in {"failed", "inactive"}:
            raise Unavailable(unit, f"is {properties['ActiveState']}", f"{_START}; then see: journalctl -u {unit}")
    active = [unit for unit, properties in units.items() if properties["ActiveState"] == "active"]
    done = _systemd("systemctl", "reload", *active) if active else None
    if done is not None and done.returncode:
        raise Unavailable("systemctl reload", done.stderr.strip(), "use sudo, or see: journalctl -u 'emotion-edge*'")


def _signal(process: int) -> None:
    """Signal the process that the state directory names, if it is one of ours: the file may be damaged."""
    try:
        if b"edge" not in Path(f"/proc/{process}/cmdline").read_bytes():
            raise Unavailable(f"process {process}", "is not emotion-edge", "start `emotion-edge run` again")
        os.kill(process, signal.SIGHUP)
    except OSError as error:
        raise Unavailable(f"process {process}", f"cannot be reached ({error.strerror})", "use sudo") from error


def _wait(file: Path, directory: Path, wanted: str, seconds: float, errors: Callable[[str], list[str]]) -> None:
    """Wait until both processes use `wanted`.

    Raises:
        ConfigError: one logged an error and keeps another configuration, or the time is over.

    """
    deadline = time.monotonic() + seconds
    while True:
        over = time.monotonic() > deadline
        logged = {unit: errors(unit) for unit in _PROCESSES}
        # Read after the log: a process that has logged an error and then taken the configuration is well.
        running = read_running(directory)
        if running is not None and running.uses(wanted):
            return
        for unit, process in _PROCESSES.items():
            used = getattr(running, process, "")
            if process == "publisher" and running is not None and running.ready == wanted:
                continue  # it waits for the observer
            if used != wanted and (over or logged[unit]):
                raise ConfigError(file, _problem(process, used, seconds, running), _remedy(unit, logged[unit]))
        time.sleep(_POLL_SECONDS)


def _problem(process: str, used: str, seconds: float, running: Running | None) -> str:
    if running is None:
        return f"is not in use: after {seconds:g} s no device runs"
    return f"is not in use: the {process} keeps the old configuration ({used or 'not known'})"


def _remedy(unit: str, logged: list[str]) -> str:
    if logged:
        return f"its log says: {' | '.join(logged)}"
    return f"see its log (journalctl -u {unit}); a long interval needs a longer --timeout"


def _errors(unit: str, since: float) -> list[str]:
    """Return the lines of priority error or worse that a unit logged after a moment (seconds since 1970)."""
    done = _systemd("journalctl", "--quiet", "-o", "cat", "-p", "err", "-u", unit, f"--since=@{since:.6f}", "-n", "5")
    return done.stdout.splitlines() if done is not None else []


def _systemd(program: str, *words: str) -> "subprocess.CompletedProcess[str] | None":
    path = shutil.which(program)
    if path is None:
        return None
    return subprocess.run([path, *words], capture_output=True, text=True, timeout=120, check=False)  # noqa: S603 - systemd's own program
