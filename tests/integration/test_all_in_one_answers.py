"""What `install.sh --all-in-one` asks, and what it does with answers that cannot be used; nothing is installed."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from edge.config.file import load
from tests.conftest import ROOT

SCRIPT = """
fail() { echo "install.sh: $2" >&2; exit "$1"; }
here=$1 folder=$2
config=$folder/config.toml python=$3
. "$here/all-in-one.sh"
broker_config=$folder/conf.d/emotion-edge.conf
shift 3
for word in "$@"; do export "$word"; done
ask
[ "${ask:-}" != page ] || { echo "||||page" && exit; }
echo "$site|$room|$mode|${time_zone:-}|${open:-}"
device=pi
device_configuration >"$config"
"""


def ask(folder: Path, answers: str | None, *given: str) -> "subprocess.CompletedProcess[str]":
    """Run the questions in an empty machine: `folder`; without answers, as where nobody can give any."""
    (folder / "conf.d").mkdir(exist_ok=True)
    words = ["sh", "-euc", SCRIPT, "sh", f"{ROOT}/deploy", str(folder), "/usr/bin/python3", *given]
    source: dict[str, Any] = {"stdin": subprocess.DEVNULL} if answers is None else {"input": answers}
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False, env=os.environ, **source)


def test_a_school_in_the_eu_counts_people_only(tmp_path: Path) -> None:
    done = ask(tmp_path, "north\nRoom 12\nyes\nEurope/Berlin\nmon-fri 07:45-16:00\n")
    assert done.stdout == "north|Room 12|presence|Europe/Berlin|mon-fri 07:45-16:00\n", done.stderr
    assert "Article 5(1)(f)" in done.stderr


def test_emotions_need_a_yes_to_the_notice(tmp_path: Path) -> None:
    done = ask(tmp_path, "north\nB12\nno\nemotions\nno\nno\nno\n")
    assert done.returncode == 64
    assert "give --accept-notice" in done.stderr


def test_a_wrong_answer_is_named_and_asked_again(tmp_path: Path) -> None:
    answers = "my site\nnorth\nroom\nB12\nmaybe\nyes\nBerlin\nEurope/Berlin\nmonday 8-16\nmon 08:00-24:00\n"
    done = ask(tmp_path, answers)
    assert done.stdout == "north|B12|presence|Europe/Berlin|mon 08:00-24:00\n", done.stderr
    for problem in (
        "my site: use letters",
        "room: write the name",
        "maybe: write yes or no",
        "Berlin: is no time zone",
    ):
        assert problem in done.stderr
    assert "monday 8-16: write hours" in done.stderr


def test_without_a_terminal_the_options_are_named(tmp_path: Path) -> None:
    done = ask(tmp_path, "")
    assert done.returncode == 64
    assert "no answer; run this in a terminal, give --site, --room and --mode, or --ask page" in done.stderr


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (["site=../x"], "--site ../x: use letters"),
        (["mode=emotion"], "--mode emotion: write presence or emotions"),
        (["mode=emotions"], "--mode emotions needs --accept-notice"),
        (["mode=presence", "open=always"], "--open always: write hours"),
        (["mode=presence", "time_zone=Mars/Base"], "--time-zone Mars/Base: is no time zone"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(tmp_path: Path, given: list[str], problem: str) -> None:
    done = ask(tmp_path, "", "site=north", "room=B12", *given)
    assert done.returncode == 64
    assert problem in done.stderr


def test_a_page_asks_where_that_is_wanted_or_nobody_can_answer(tmp_path: Path) -> None:
    done = ask(tmp_path, "", "ask=page")
    assert (done.returncode, done.stderr) == (0, ""), "nothing is asked here"
    done = ask(tmp_path, "", "ask=page", "site=north")
    assert (done.returncode, "--ask page asks for all of it" in done.stderr) == (64, True)
    done = ask(tmp_path, "", "ask=page", "practice=yes")
    assert (done.returncode, "--ask page asks for practice, too" in done.stderr) == (64, True)
    done = ask(tmp_path, None)
    assert (done.returncode, done.stdout.splitlines()[0], done.stderr) == (0, "||||page", "")
    done = ask(tmp_path, None, "ask=terminal")
    assert (done.returncode, "or --ask page" in done.stderr) == (64, True)


def test_options_alone_ask_nothing_and_make_a_configuration_that_is_in_order(tmp_path: Path) -> None:
    room = 'B"12\\ \U0001f600'
    done = ask(tmp_path, "", "site=north", f"room={room}", "mode=presence", "open=mon-fri 07:45-16:00")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "config.toml").read_text()
    assert text.endswith("# end of configuration\n")
    settings = load(tmp_path / "config.toml")
    assert (settings.device.site, settings.device.room, settings.mode) == ("north", room, "presence")
    assert [str(hours) for hours in settings.pause.camera_open] == ["mon-fri 07:45-16:00"]


def test_a_device_or_a_broker_that_is_there_already_is_refused(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "other.conf").write_text("listener 1883\n")
    done = ask(tmp_path, "", "site=north", "room=B12", "mode=presence")
    assert (done.returncode, "Mosquitto is set up already" in done.stderr) == (78, True)
    (tmp_path / "config.toml").write_text("interval_seconds = 10\n")
    done = ask(tmp_path, "", "site=north", "room=B12", "mode=presence")
    assert (done.returncode, "is not of --all-in-one; move it away" in done.stderr) == (78, True)


DEBIAN = """\
# Place your local configuration in /etc/mosquitto/conf.d/

pid_file /run/mosquitto/mosquitto.pid
persistence true
persistence_location /var/lib/mosquitto/
log_dest file /var/log/mosquitto/mosquitto.log
include_dir /etc/mosquitto/conf.d
"""


def test_a_broker_that_is_set_up_in_the_file_of_mosquitto_itself_is_refused(tmp_path: Path) -> None:
    """A second listener would break it; Debian's own file sets up no broker for others."""
    answers = ("site=north", "room=B12", "mode=presence")
    main = tmp_path / "mosquitto.conf"
    main.write_text(f"{DEBIAN}  # listener 1884\nlistener 1883\nallow_anonymous true\n")
    done = ask(tmp_path, "", *answers)
    assert (done.returncode, f"Mosquitto is set up already ({main}: listener 1883)" in done.stderr) == (78, True)
    main.write_text(DEBIAN)
    assert ask(tmp_path, "", *answers).returncode == 0


def test_practice_without_the_rest_is_refused_before_anything_is_done() -> None:
    """`install.sh` alone installs a device, which is not practising from the start."""
    words = ["sh", f"{ROOT}/deploy/install.sh", "--practice", "no-such.whl"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 64
    assert "--practice needs --all-in-one; later: sudo emotion-edge practice" in done.stderr


def test_a_password_file_that_cannot_be_read_is_named_before_anything_is_done(tmp_path: Path) -> None:
    """It is read minutes later, in another folder: the name that was typed means this one."""
    (tmp_path / "password.txt").write_text("four words of mine\n")

    def run(file: str) -> "subprocess.CompletedProcess[str]":
        words = ["sh", f"{ROOT}/deploy/install.sh", "--all-in-one", "--password-file", file, "no.whl", "one.whl"]
        return subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    for name in ("no-such.txt", ".", f"{tmp_path}/no-such.txt"):
        done = run(name)
        assert done.returncode == 66, done.stderr
        assert f"--password-file {tmp_path / name}: cannot be read; name a file" in done.stderr.replace("/.:", ":")
    assert "name one wheel at most" in run("password.txt").stderr
