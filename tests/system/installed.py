"""How the services are installed and found on a machine."""

from tests.conftest import until
from tests.system.machine import Machine

OBSERVER, PUBLISHER = "emotion-edge-observer.service", "emotion-edge-publisher.service"
INSTALL = ("env", "PIP_NO_INDEX=1", "PIP_FIND_LINKS=/mnt/wheels", "sh", "/mnt/source/deploy/install.sh")
WHEEL = ("sh", "-c", " ".join([*INSTALL, "/mnt/wheel/*.whl"]))
BEFORE = "/root/before-the-installation"
CONFIG = """\
interval_seconds = 5
[device]
id = "pi-test"
site = "north"
room = "B12"
[camera]
source = "scene"
loop = true
[privacy]
min_group = 1
max_share = 1.0
[mqtt]
url = "mqtt://127.0.0.1:1883"
retry_cap_seconds = 1
# end of configuration
"""


def pid(machine: Machine, unit: str) -> int:
    """Return the main process of a unit that has said that it is ready."""
    until(lambda: machine.shows(unit, "ActiveState") == "active", 120)
    return int(machine.shows(unit, "MainPID"))
