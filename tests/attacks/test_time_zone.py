"""The machine's time zone changes while the observer runs, as by `timedatectl set-timezone`: the hours follow it."""

import os
import shutil
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import SECONDS, until
from tests.support.daemon import command, write_config

# /etc of its own for one process: the change is a real one, and this machine keeps its zone.
IN_ETC_OF_ITS_OWN = """mount --make-rprivate / && mount -t tmpfs none /mnt && mkdir /mnt/upper /mnt/work &&
mount -t overlay overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work /etc &&
ln -sfn /usr/share/zoneinfo/Etc/UTC /etc/localtime && exec "$@" """
HALF_A_DAY_AWAY = "/usr/share/zoneinfo/Etc/GMT-12"


def separate(*words: str) -> list[str]:
    return ["unshare", "--mount", "sh", "-c", IN_ETC_OF_ITS_OWN, "sh", *words]


def test_the_camera_closes_when_it_is_night_in_the_new_zone(tmp_path: Path) -> None:
    if os.geteuid() != 0 or shutil.which("unshare") is None or not Path(HALF_A_DAY_AWAY).exists():
        pytest.skip("needs root, unshare (util-linux) and tzdata")
    if subprocess.run(separate("true"), check=False, capture_output=True).returncode:
        pytest.skip("this machine lets root mount no /etc of its own")
    hour = datetime.now(UTC).hour
    around = [(hour + step) % 24 for step in (-1, 0, 1)]
    config = write_config(
        tmp_path, 9, pause={"camera_open": [f"mon-sun {one:02}:00-{one + 1:02}:00" for one in around]}
    )
    environment = {name: value for name, value in os.environ.items() if name != "TZ"}
    with (tmp_path / "log").open("w") as log:
        words = separate(*command("observe", "--config", config))
        observer = subprocess.Popen(words, stderr=log, env=environment, process_group=0)
    try:
        until(lambda: "first frame analysed" in (tmp_path / "log").read_text(), 2 * SECONDS)
        enter = ["nsenter", "--mount", "--target", str(observer.pid)]
        subprocess.run([*enter, "ln", "-sfn", HALF_A_DAY_AWAY, "/etc/localtime.new"], check=True)
        subprocess.run([*enter, "mv", "-T", "/etc/localtime.new", "/etc/localtime"], check=True)
        until(lambda: "paused by schedule: the camera is closed" in (tmp_path / "log").read_text())
    finally:
        os.killpg(observer.pid, signal.SIGTERM)
        observer.wait(SECONDS)
