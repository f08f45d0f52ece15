"""arm64 programs in QEMU, whose plugin counts their instructions."""

import re
import subprocess
import threading
from pathlib import Path

from tests.instructions.counted import SCENARIO, Counted, Plan, count, put_together

_HERE = Path(__file__).parent
_MAKING = threading.Lock()
PYTHONS = ("3.11", "3.13")
CORES = {"cortex-a53": "Zero 2 W, 3", "cortex-a72": "4", "cortex-a76": "5"}
"""QEMU's name of each Raspberry Pi's processor."""


class Guest:
    """The files of an arm64 Debian with one Python; nothing of it is installed or booted."""

    def __init__(self, cache: Path, python: str) -> None:
        """Make QEMU and the files, where the folder `cache` does not hold them."""
        self._qemu, self._plugin = cache / "qemu-aarch64", cache / "count.so"
        self._tree = cache / f"arm64-{python}"
        self.python = python
        with _MAKING:
            if not (self._qemu.exists() and self._plugin.exists()):
                subprocess.run([_HERE / "make_qemu.sh", cache], check=True)
            if not self._tree.exists():
                subprocess.run([_HERE / "make_tree.sh", python, self._tree], check=True)

    def run(self, core: str, plan: Plan, folder: Path) -> Counted:
        """Run a plan on a core."""
        path = plan.write(folder)
        environment = {
            "QEMU_CPU": core,
            "PYTHONPATH": f"{self._tree / 'opt'}:{folder / 'modules'}",
            "PYTHONPYCACHEPREFIX": str(self._tree / "compiled"),
        }
        emulated = ["nice", "-n", "10", "setarch", "-R", str(self._qemu), "-plugin", str(self._plugin)]
        program = ["-L", str(self._tree), str(self._tree / "usr" / "bin" / f"python{self.python}"), "-S"]
        printed, errors = count([*emulated, *program, str(SCENARIO), str(path)], environment)
        marks = {int(mark): int(total) for mark, total in re.findall(r"^mark (-?\d+) (\d+)$", errors, re.MULTILINE)}
        spent = {end // 2: total - marks.get(end - 1, 0) for end, total in marks.items() if end % 2 and end > 0}
        return put_together(printed, spent)
