"""A real PostgreSQL in a folder of its own, on a Unix socket."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SECONDS

_USERS = ("postgres", "nobody")
"""As whom it runs where the tests run as root, which it refuses."""


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    program = str(found[-1]) if found else shutil.which("initdb")
    if program is None:
        pytest.skip("PostgreSQL is not there: apt-get install postgresql")
    return Path(program).parent


class Postgres:
    """Started by the constructor; `sql` runs a statement as the owner or as another role."""

    def __init__(self) -> None:
        self._bin = _programs()
        self._folder = Path(tempfile.mkdtemp(prefix="emotion-edge-pg-"))
        self.environment = os.environ | {"PGHOST": str(self._folder), "PGDATABASE": "postgres", "PGUSER": "owner"}
        self._as: list[str] = []
        if os.getuid() == 0:
            known = {user.pw_name for user in pwd.getpwall()}
            user = next(name for name in _USERS if name in known)
            shutil.chown(self._folder, user)
            self._as = ["setpriv", f"--reuid={user}", "--clear-groups", f"--regid={pwd.getpwnam(user).pw_gid}"]
        data = str(self._folder / "data")
        self._run("initdb", "--pgdata", data, "--username", "owner", "--auth", "trust", "--no-sync", "-E", "UTF8")
        options = f"-k {self._folder} -c listen_addresses= -c fsync=off"
        self._run("pg_ctl", "start", "-w", "-t", "60", "-D", data, "-l", str(self._folder / "log"), "-o", options)

    def _run(self, program: str, *arguments: str) -> None:
        words = [*self._as, str(self._bin / program), *arguments]
        subprocess.run(words, check=True, timeout=120, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def sql(self, text: str, *, user: str = "owner", feed: str | None = None) -> list[list[str | None]]:
        """Return the rows of a statement; NULL is None. With `feed`, what COPY reads."""
        separators = ["-A", "-t", "-F", "\x1f", "-P", "null=\x1d"]
        words = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *separators, "-U", user]
        done = subprocess.run(
            [*words, "-c", text] if feed is not None else words,
            input=text if feed is None else feed,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            env=self.environment,
        )
        if done.returncode:
            raise AssertionError(done.stderr)
        rows = [
            line.split("\x1f") for line in done.stdout.split("\n")[:-1]
        ]  # splitlines() would split at the separators, too
        return [[None if cell == "\x1d" else cell for cell in row] for row in rows]

    def one(self, text: str, **more: Any) -> str | None:
        """Return the only value of a statement."""
        ((value,),) = self.sql(text, **more)
        return value

    def stop(self) -> None:
        """End it and delete its folder."""
        self._run("pg_ctl", "stop", "-m", "immediate", "-D", str(self._folder / "data"))
        shutil.rmtree(self._folder)
