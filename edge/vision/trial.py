"""An operator's own model is first loaded in a process that is thrown away.

A runtime trusts the offsets and sizes in a model file: of damaged or hostile files it dies by a signal, or takes all
memory. Loaded here first, such a file ends a child, and the operator gets an error. This is no protection against a
file that was made to take the child over: a model is code.
"""

import json
import os
import signal
import subprocess
from pathlib import Path

from edge.errors import UnusableModel
from edge.system.interpreter import isolated

SECONDS = 60
REFUSED = 78
_REMEDY = "export it again as described in models/README.md, or set vision.model to standard"
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # each thread takes memory of its own


def try_model(path: Path) -> None:
    """Load a model and let it answer in a process of its own, within 60 s and 400 MB.

    Raises:
        UnusableModel: it does not pass; the message is that of the loader, or how the process ended.

    """
    command = isolated("from edge.vision.trial_process import main; main()", str(path))
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and program
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env=os.environ | _ONE_THREAD,
        )
    except subprocess.TimeoutExpired as error:
        raise UnusableModel(path, f"gives no answer within {SECONDS} s", _REMEDY) from error
    if done.returncode == REFUSED:
        raise UnusableModel(path, *_facts(done.stdout))
    if done.returncode:
        code = done.returncode
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        raise UnusableModel(path, f"ended the process that tried it {how}: it is damaged, or too large", _REMEDY)


def _facts(printed: bytes) -> tuple[str, str]:
    """Return the problem and the remedy that the child printed; a library may have printed before it."""
    lines = printed.decode(errors="replace").splitlines()
    try:
        problem, remedy = json.loads(lines[-1])
    except (ValueError, IndexError, TypeError):
        return "was refused without a reason", _REMEDY
    return str(problem), str(remedy)
