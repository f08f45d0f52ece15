"""The publisher's part in a pause: it asks the observer to look away, and keeps what must outlive a restart."""

from pathlib import Path

from edge.contract.records import PausedBy, PauseOrder
from edge.pause.memory import memory_path, remembered
from edge.system.state_file import write_durably


class RemotePause:
    """The switch of afar, and the memory of the button for an observer that starts anew."""

    def __init__(self, directory: Path) -> None:
        self._path = memory_path(directory)
        self._memory = remembered(self._path)

    @property
    def order(self) -> PauseOrder:
        """What the observer is to be told."""
        return PauseOrder(remote=self._memory.remote)

    def switch(self, on: bool) -> None:  # noqa: FBT001 - a switch
        """Take the position of the switch."""
        self._keep(remote=on)

    def heard(self, paused_by: PausedBy) -> bool:
        """Take what the observer says; return whether it has yet to be told the switch's position."""
        self._keep(button=paused_by.button)
        return paused_by.remote != self._memory.remote

    def _keep(self, **changed: bool) -> None:
        memory = self._memory.model_copy(update=changed)
        if memory != self._memory:
            self._memory = memory
            write_durably(self._path, memory.model_dump_json())
