"""`python -m tests.soak.run INTERVAL FOLDER CONFIG`: the true `emotion-edge run`, with intervals of so many seconds.

Its children are the true observer and publisher as the fault matrix starts them: they note what they hand in, and clock
and thermometer are those of the test.
"""

import sys

from edge.cli import main
from edge.system import child

INTERVAL, FOLDER, CONFIG = sys.argv[1:]
MODULES = {"observe": "tests.faults.true_observer", "publish": "tests.faults.publisher"}


def command(verb: str, *arguments: str) -> list[str]:
    """Return the command line of a child."""
    ready = arguments[arguments.index("--ready-fd") + 1]
    return [sys.executable, "-m", MODULES[verb], CONFIG, INTERVAL, FOLDER, ready]


setattr(child, "own_command", command)  # noqa: B010 - it is not exported
sys.argv[1:] = ["run", "--config", CONFIG]
main()
