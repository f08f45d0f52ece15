"""The publisher's part in a pause: it orders the remote one, and keeps what must outlive a restart."""

from pathlib import Path

from edge.contract.records import PausedBy, PauseOrder
from edge.pause.memory import Memory, memory_path, remembered
from edge.system.unwritten import UNWRITTEN


class RemotePause:
    """The remote switch, and the state of the button for an observer that restarts."""

    def __init__(self, directory: Path) -> None:
        self._path = memory_path(directory)
        unwritten = UNWRITTEN.text(self._path)
        self._memory = remembered(self._path) if unwritten is None else Memory.model_validate_json(unwritten)

    @property
    def order(self) -> PauseOrder:
        """The order for the observer."""
        return PauseOrder(remote=self._memory.remote)

    def switch(self, on: bool) -> None:  # noqa: FBT001 - a switch
        """Keep the position of the switch."""
        self._keep(remote=on)

    def keep_button(self, holds: bool) -> None:  # noqa: FBT001 - a switch
        """Keep the state of the button for an observer that has no memory of its own."""
        self._keep(button=holds)

    def differs(self, paused_by: PausedBy) -> bool:
        """Return whether the observer does not know the position of the switch."""
        return paused_by.remote != self._memory.remote

    def _keep(self, **changed: bool) -> None:
        memory = self._memory.model_copy(update=changed)
        if memory != self._memory:
            self._memory = memory
            UNWRITTEN.write(self._path, memory.model_dump_json())
