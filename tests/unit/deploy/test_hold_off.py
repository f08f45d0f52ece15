"""How long a unit waits before a restart, by what systemd says of it."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

_SYSTEMCTL = """#!/bin/sh
for word; do
    case $word in
    --property=NRestarts) echo "$RESTARTS" ;;
    --property=ExecMainStartTimestampMonotonic) echo 5000000000 ;;
    --property=ExecMainExitTimestampMonotonic) echo "$ENDED" ;;
    esac
done
"""


@pytest.mark.parametrize(
    ("restarts", "seconds_of_run", "waits"),
    [
        (1, 3, ""),
        (2, 3, "2"),
        (5, 3, "16"),
        (9, 3, "60"),
        (9, 599, "60"),
        (9, 600, ""),
        (40, 86_400 * 30, ""),
        (9, -5, "60"),  # it never came so far that systemd could say when it ended
    ],
)
def test_only_a_unit_that_ran_briefly_waits(tmp_path: Path, restarts: int, seconds_of_run: int, waits: str) -> None:
    """Seven restarts in a year are no reason for a minute without counts at each further one."""
    for name, text in (("systemctl", _SYSTEMCTL), ("sleep", '#!/bin/sh\necho "slept $1"\n')):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "RESTARTS": str(restarts),
        "ENDED": str(5_000_000_000 + seconds_of_run * 1_000_000),
    }
    words = ["/bin/sh", str(ROOT / "systemd/hold-off"), "emotion-edge-observer.service"]
    said = subprocess.run(words, env=environment, capture_output=True, text=True, check=True).stdout
    assert said == (f"restart {restarts}: waiting {waits} s\nslept {waits}\n" if waits else "")
