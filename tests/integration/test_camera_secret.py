"""The password of a camera on the network: it reaches the camera, and no log line and no process list."""

import re
import subprocess
from pathlib import Path

import pytest

from edge.camera.camera import source_settings
from edge.camera.errors import CameraError
from edge.camera.reader import CameraReader
from edge.config import CameraSettings
from tests.conftest import SECONDS, camera_settings, until
from tests.support.daemon import command, processes
from tests.support.rtsp_camera import rtsp_camera

PASSWORD = "ge/he:im@100%"


def test_the_password_of_a_file_reaches_the_camera_unchanged(tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\n")
    with rtsp_camera() as (port, logins):
        settings = camera_settings(
            source=f"rtsp://admin@127.0.0.1:{port}/1", password_file=str(tmp_path / "password"), stall_seconds=5.0
        )
        reader = CameraReader(source_settings(settings))
        with pytest.raises(CameraError, match=f"^rtsp://127.0.0.1:{port}: the stream does not open; check address"):
            until(lambda: reader.frame(0.2) is not None)
        reader.close()
        assert logins.get(timeout=4 * SECONDS) == f"127.0.0.1 admin:{PASSWORD}"


def test_nothing_that_the_observer_logs_or_is_started_with_holds_the_password(tmp_path: Path) -> None:
    with rtsp_camera() as (port, logins):
        (tmp_path / "config.toml").write_text(
            f'[camera]\nsource = "rtsp://admin:geheim@127.0.0.1:{port}/geheim?pwd=geheim"\nstall_seconds = 5\n'
            f'[spool]\ndirectory = "{tmp_path}/state"\n'
        )
        words = command("observe", "--config", tmp_path / "config.toml", "--door", tmp_path / "door.sock", "--verbose")
        observer = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
        logins.get(timeout=4 * SECONDS)
        arguments = [word for _, _, words in processes() for word in words]
        assert observer.stderr is not None
        lines = []
        for line in observer.stderr:
            lines.append(line)
            if "does not open" in line:
                break
        observer.terminate()
        log = "".join(lines) + observer.stderr.read()
        observer.wait(SECONDS)
    assert re.search(rf"observing rtsp://127\.0\.0\.1:{port} with", log)
    assert "geheim" not in log
    assert not [word for word in arguments if "geheim" in word]


def test_a_running_daemon_takes_a_renewed_password_at_a_reload(tmp_path: Path) -> None:
    file = tmp_path / "password"
    settings = CameraSettings(source="rtsp://admin@192.0.2.7/1", password_file=str(file))
    for password in ("old", "new"):
        file.write_text(password)
        assert source_settings(settings).source == f"rtsp://admin:{password}@192.0.2.7/1"
