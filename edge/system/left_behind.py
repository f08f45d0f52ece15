"""What a device would leave behind in its state directory with another `spool.directory`: nobody moves the files."""

import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from edge.config import Settings
from edge.config.file import place
from edge.errors import ConfigError
from edge.system.identity import is_id_stored
from edge.system.paths import state_directory
from edge.system.state_file import read_state
from edge.system.state_lock import is_locked

_KEY = ("spool", "directory")


def left_behind(file: Path, text: str, before: Settings, new: Settings) -> list[ConfigError]:
    """Return a problem where the state directory changes while the former one holds what the device needs.

    While the device runs, it does: the next record may be stored there.

    Args:
        file: the configuration.
        text: of the file.
        before: the settings in use, or those that were in use last.
        new: the settings of the file.

    """
    former, wanted = state_directory(before), state_directory(new)
    if former.absolute() == wanted.absolute() or former.resolve() == wanted.resolve():
        return []
    held = list(_held(former, new))
    if not held:
        return []
    problem = f"is another state directory than {former}, which holds: {', '.join(held)}"
    source, target = shlex.quote(str(former)), shlex.quote(str(wanted))
    move = f"mkdir -p {target} && chown --reference={source} {target} && mv {source}/* {target}/"
    remedy = f"stop emotion-edge, move the files: sudo sh -c {shlex.quote(move)}, and start it again"
    return [ConfigError(place(file, text, _KEY), problem, remedy)]


def _held(former: Path, new: Settings) -> Iterator[str]:
    """Yield in words what a directory holds."""
    if _runs_on(former):
        yield "the state of a device that runs"
    if os.path.lexists(former / "spool.sqlite"):  # it is there only as long as it holds something
        yield "records that wait for the broker"
    if _holds_pause(former / "pause.json"):
        yield "a pause"
    if os.path.lexists(former / "privacy.json"):
        yield "privacy settings that were tightened remotely"
    if is_id_stored(former, new):
        yield "the id of this device"


def _runs_on(directory: Path) -> bool:
    try:
        return is_locked(directory)
    except OSError:
        return False


def _holds_pause(path: Path) -> bool:
    """Return whether a file has a pause, or may have one: what cannot be read counts as one at the next start, too."""
    if not os.path.lexists(path):
        return False
    try:
        pauses = json.loads(read_state(path))
    except (OSError, ValueError):
        return True
    return not isinstance(pauses, dict) or any(pauses.values())
