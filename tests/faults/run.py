"""`python -m tests.faults.run SECONDS ARGUMENT…`: the true `emotion-edge run` with a watchdog of so many seconds."""

import sys

from edge.cli import main
from edge.system import child

if __name__ == "__main__":
    child.WATCHDOG_SECONDS = float(sys.argv.pop(1))  # the units have a minute
    sys.argv.insert(1, "run")
    main()
