"""A file in memory that outlives a process, by systemd's own protocol and by the parent of `emotion-edge run`."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from edge.system.kept_file import KEPT_FILE, kept_file, new_file

READ = "import os; from edge.system.kept_file import kept_file; print(os.pread(kept_file(), 9, 0).decode())"


def test_a_new_file_is_handed_to_the_service_manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        file = kept_file()
        assert file is not None
        message, (stored,), _flags, _address = socket.recv_fds(manager, 1024, 1)
    assert message == b"FDSTORE=1\nFDNAME=button"
    os.pwrite(file, b"1", 0)
    os.close(file)
    assert os.pread(stored, 1, 0) == b"1"
    os.close(stored)


def test_the_next_process_gets_it_from_the_service_manager_or_its_parent() -> None:
    file = new_file()
    os.pwrite(file, b"noted", 0)
    listen = f'exec 3<&{file}; LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=button exec {sys.executable} -c "{READ}"'
    manager = subprocess.run(["bash", "-c", listen], pass_fds=(file,), check=True, capture_output=True)
    environment = os.environ | {KEPT_FILE: str(file)}
    command = [sys.executable, "-c", READ]
    parent = subprocess.run(command, pass_fds=(file,), check=True, capture_output=True, env=environment)
    os.close(file)
    assert manager.stdout == parent.stdout == b"noted\n"


def test_a_file_that_is_not_there_is_replaced_by_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEPT_FILE, "999")
    file = kept_file()
    assert file is not None
    assert os.pread(file, 9, 0) == b""
    os.close(file)
