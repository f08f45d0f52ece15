"""Where sockets and state live: systemd's folders, root's, or the user's."""

import os
from pathlib import Path

from edge.config import Settings


def exists(path: Path) -> bool | None:
    """Return whether there is such a file or folder; None where this user cannot see that."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return None
    return True


def runtime_directory() -> Path:
    """Folder for sockets: the one of systemd, else one that only this user can enter."""
    if "RUNTIME_DIRECTORY" in os.environ:
        return Path(os.environ["RUNTIME_DIRECTORY"].split(":")[0])
    if os.geteuid() == 0:
        return Path("/run/emotion-edge")
    return Path(os.environ.get("XDG_RUNTIME_DIR", Path.home() / ".cache")) / "emotion-edge"


def state_directory(settings: Settings) -> Path:
    """Folder of the spool and the stored device id."""
    if settings.spool.directory:
        return Path(settings.spool.directory)
    if "STATE_DIRECTORY" in os.environ:
        return Path(os.environ["STATE_DIRECTORY"].split(":")[0])
    if os.geteuid() == 0:
        return Path("/var/lib/emotion-edge")
    return Path(os.environ.get("XDG_STATE_HOME", Path.home() / ".local/state")) / "emotion-edge"


def door_path(settings: Settings) -> Path:
    """Path of the door's socket."""
    return Path(settings.door.path) if settings.door.path else runtime_directory() / "door.sock"
