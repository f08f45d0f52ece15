"""What a user types at a device."""

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.conftest import SECONDS
from tests.support.daemon import command


def doctor(config: Path, *options: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Return the exit code and every finding by its code."""
    words = command("doctor", "--config", config, "--json", *options)
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    report = json.loads(done.stdout)
    assert report["exit_code"] == done.returncode, done.stderr
    return done.returncode, {finding["code"]: finding for finding in report["findings"]}


def apply(config: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """Run `emotion-edge apply`."""
    words = command("apply", "--config", config, *options)
    return subprocess.run(words, capture_output=True, text=True, timeout=2 * SECONDS, check=False)
