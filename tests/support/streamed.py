"""A pipeline in a process of its own, which is measured frame by frame (see `tests.bench.streamed`)."""

import contextlib
import json
import os
import select
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Self

import click

from tests.bench.streamed import HEADER
from tests.conftest import ROOT
from tests.support.moving_scenes import Frame

_BENCH = ROOT / "tests" / "bench"
_ANSWER_SECONDS = 120.0
_LINES = 6
"""Of what it wrote to standard error: the end says what went wrong."""


class Streamed:
    """A pipeline in a process of its own, which gets frame by frame; use as a context manager."""

    def __init__(self, python: Path, script: str, *words: str) -> None:
        one_thread = {"OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
        self._name = script
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            [str(python), str(_BENCH / script), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, **one_thread, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def ask(self, frame: Frame) -> dict[str, Any]:
        """Return what it says of a frame."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError(self._name)
        with contextlib.suppress(BrokenPipeError):
            stdin.write(HEADER.pack(frame.seconds, *frame.luma.shape) + frame.luma.tobytes())
            stdin.flush()
        ready, _, _ = select.select([stdout], [], [], _ANSWER_SECONDS)
        line = stdout.readline() if ready else b""
        if not line:
            self._errors.seek(0)
            said = self._errors.read().decode(errors="replace").strip().splitlines()[-_LINES:]
            msg = "\n".join([f"{self._name} gave no answer", *said])
            raise click.ClickException(msg)
        answer: dict[str, Any] = json.loads(line)
        return answer
