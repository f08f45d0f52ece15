"""What root does with the answers of the set-up page: the installer's own way, with options instead of questions."""

import os
import subprocess
import tempfile
from pathlib import Path

from edge.errors import Unavailable
from edge.hub.first_run.answers import Answers


def apply(answers: Answers, installer: Path, wheel: Path, camera: str) -> None:
    """Run the installer, which checks all of it again and starts device, broker and hub.

    Args:
        answers: of the page.
        installer: install.sh of the release that runs.
        wheel: of the same release.
        camera: source, as it was given to the installer; empty for its default.

    Raises:
        Unavailable: the installer failed; its own lines say why.

    """
    with tempfile.NamedTemporaryFile("w", prefix="emotion-edge-", encoding="utf-8") as secret:  # root's alone
        secret.write(f"{answers.password}\n")
        secret.flush()
        done = subprocess.run(  # noqa: S603 - our own script; TimeoutStartSec of the unit ends it, and everything it started
            ["/bin/sh", str(installer), *options(answers, camera), "--password-file", secret.name, str(wheel)],
            stdin=subprocess.DEVNULL,
            check=False,
            env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )
    if done.returncode:
        problem = f"failed with exit code {done.returncode}"
        remedy = "see: journalctl -u emotion-edge-first-run-apply; then install.sh --all-in-one --ask page"
        raise Unavailable("install.sh --all-in-one", problem, remedy)


def options(answers: Answers, camera: str) -> list[str]:
    """Return the options of install.sh. Each value is a word of its own, whatever stands in it."""
    words = ["--all-in-one", "--site", answers.site, "--room", answers.room, "--mode", answers.mode]
    words += ["--time-zone", answers.time_zone]
    words += ["--open", answers.open] if answers.open else []
    words += ["--camera", camera] if camera else []
    words += ["--practice"] if answers.practice == "yes" else []
    return [*words, "--accept-notice"]
