"""The state directory comes back where someone deletes it."""

import subprocess

from tests.support.ordinary_user import as_ordinary_user

_DELETED = """
import shutil, tempfile
from pathlib import Path
from edge.publisher.state.keeper import StateKeeper

state = Path(tempfile.mkdtemp()) / "state"
state.mkdir()
(state / "pause.json").write_text("paused")
(state / "copy.bak").touch(mode=0)
keeper = StateKeeper(state)
keeper.run_due()
shutil.rmtree(state)
keeper.look()
print((state / "pause.json").read_text(), end="")
keeper.close()
shutil.rmtree(state.parent)
"""


def test_a_file_that_cannot_be_read_does_not_keep_the_others_from_coming_back() -> None:
    """A copy that root had made beside them: the remote pause ended with the folder."""
    command, environment = as_ordinary_user("-c", _DELETED)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "paused\n", done.stderr
