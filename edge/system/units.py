"""Properties of our units, as systemd reports them."""

import shutil
import subprocess

OBSERVER, PUBLISHER = "emotion-edge-observer.service", "emotion-edge-publisher.service"
SERVICES = (OBSERVER, PUBLISHER)


def unit_properties(unit: str) -> dict[str, str]:
    """Return all properties of a unit as systemd has loaded it; empty where there is no systemd."""
    program = shutil.which("systemctl")
    if program is None:
        return {}
    done = subprocess.run(  # noqa: S603 - systemd's own program
        [program, "show", unit], capture_output=True, text=True, timeout=30, check=False
    )
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
