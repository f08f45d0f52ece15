"""The simulated rooms of the demo, in a process of their own: a school beside the one room that is observed."""

import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from edge.config.completeness import END
from edge.config.toml import quoted
from edge.demo.child import end_child, start_child
from edge.demo.timetable import lessons
from edge.system.interpreter import own_command
from edge.system.time_zone import local_zone

SITE = "simulated"
ROOMS = ("Room 12", "Room 14", "Library", "Music", "Physics", "Art")
_INTERVAL_SECONDS = 10


class DemoSchool:
    """A context manager: inside the block the rooms publish, first their history where `history` is set.

    Attributes:
        zone: name of the time zone of the lessons.
        lessons: their weekly hours, such as `mon-sun 08:00-08:45`.

    """

    def __init__(self, folder: Path, broker_port: int, *, history: bool) -> None:
        """Take the broker's port on loopback."""
        self._folder = folder
        self._broker_port = broker_port
        self._history = history
        self._process: subprocess.Popen[bytes] | None = None
        self.zone = local_zone().key
        self.lessons = lessons(time.time(), self.zone)

    def __enter__(self) -> Self:
        """Start it."""
        config = self._folder / "school.toml"
        config.write_text(
            f"""interval_seconds = {_INTERVAL_SECONDS}
[device]
site = {quoted(SITE)}
[mqtt]
url = "mqtt://127.0.0.1:{self._broker_port}"
[pause]
timezone = {quoted(self.zone)}
{END}
""",
            encoding="utf-8",
        )
        words = ["--various", *(["--history"] if self._history else [])]
        words += [word for name in ROOMS for word in ("--room", name)]
        words += [word for hours in self.lessons for word in ("--lesson", hours)]
        self._process = start_child(own_command("simulate", "--config", str(config), *words), stdout=subprocess.DEVNULL)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        end_child(self._process)
