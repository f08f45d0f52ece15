"""The working tree as others get it: a repository to clone."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.conftest import ROOT


def git(folder: Path, *words: str) -> str:
    """Run git in a folder as a person who has set up nothing but a name; return what it prints."""
    person = {f"GIT_{who}_{what}": "test@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), **person}
    command = ["git", "-C", str(folder), "-c", "safe.directory=*", *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def publish(folder: Path) -> Path:
    """Make a repository in `folder` with one commit: the files of the working tree that git does not ignore."""
    folder.mkdir(parents=True)
    for name in git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z").split("\0"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    git(folder, "init", "--quiet", "--initial-branch=main")
    release(folder, "the working tree")
    return folder


def release(folder: Path, subject: str) -> None:
    """Commit what has changed in a repository."""
    git(folder, "add", "--all", "--force")
    git(folder, "commit", "--quiet", "--message", subject)
