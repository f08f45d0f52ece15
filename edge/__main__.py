"""`python -m edge` is the command `emotion-edge`."""

import signal
import sys

from edge.cli import main as _commands
from edge.system.privileges import forbid_core_dumps

_DAEMONS = ("observe", "publish", "run")


def main() -> None:
    """Run the command line."""
    forbid_core_dumps()  # frames, passwords and keys: whatever the verb, none is left on the disk by a crash
    if sys.argv[1:2] and sys.argv[1] in _DAEMONS:
        # Until the command listens. Nothing was read so far, so there is nothing to read again.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    _commands(prog_name="emotion-edge")


if __name__ == "__main__":
    main()
