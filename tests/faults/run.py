"""`python -m tests.faults.run WATCHDOG HANGS ARGUMENT…`: the true `emotion-edge run`, less patient.

WATCHDOG is the longest silence of a child, HANGS that of a publisher at the stop; both in seconds.
"""

import sys

from edge.cli import main
from edge.system import child, supervisor

if __name__ == "__main__":
    child.WATCHDOG_SECONDS = float(sys.argv.pop(1))
    supervisor.HANGS_SECONDS = float(sys.argv.pop(1))
    sys.argv.insert(1, "run")
    main()
