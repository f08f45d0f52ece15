"""What keeps `spool.directory` from being changed: whatever the device would miss."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.config import Device, Settings, Spool
from edge.config.privacy import Privacy
from edge.pause.memory import Memory, memory_path
from edge.privacy.settings import PrivacyStore
from edge.publisher.spool import spool
from edge.system import identity
from edge.system.left_behind import left_behind
from edge.system.state_file import write_durably
from tests.support.spools import fill

FILE = Path("config.toml")


def waiting_records(folder: Path) -> None:
    one = spool.Spool(folder, Spool())
    fill(one, range(3))
    one.close()


def pause(folder: Path) -> None:
    write_durably(memory_path(folder), Memory(remote=True, button=False).model_dump_json())


def damaged_pause(folder: Path) -> None:
    memory_path(folder).write_text("{")


def tightened(folder: Path) -> None:
    store = PrivacyStore(folder, Privacy())
    store.apply(min_group=9)
    store.save()


def random_id(folder: Path) -> None:
    identity.device_id(settings(folder), Path("/no-serial-number"))


def settings(folder: Path, name: str = "") -> Settings:
    return Settings(spool=Spool(directory=str(folder)), device=Device(id=name))


@pytest.fixture(autouse=True)
def no_pi(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "_of_serial", lambda _serial: "")


@pytest.mark.parametrize(
    ("leave", "words"),
    [
        (waiting_records, "records that wait for the broker"),
        (pause, "a pause"),
        (damaged_pause, "a pause"),
        (tightened, "privacy settings that were tightened remotely"),
        (random_id, "the id of this device"),
    ],
)
def test_a_directory_that_holds_what_the_device_needs_is_not_left(
    tmp_path: Path, leave: Callable[[Path], None], words: str
) -> None:
    former, wanted = tmp_path / "former", tmp_path / "wanted"
    former.mkdir()
    leave(former)
    (problem,) = left_behind(FILE, f'[spool]\ndirectory = "{wanted}"\n', settings(former), settings(wanted))
    assert problem.thing == "config.toml:2: spool.directory"
    assert problem.problem.endswith(f"which holds: {words}")
    assert f"mv {former}/* {wanted}/" in problem.remedy
    assert left_behind(FILE, "", settings(former), settings(former)) == []


def test_a_directory_in_which_nothing_is_missed_may_be_left(tmp_path: Path) -> None:
    former, wanted = tmp_path / "former", tmp_path / "wanted"
    assert left_behind(FILE, "", settings(former), settings(wanted)) == [], "it was moved as a whole"
    former.mkdir()
    write_durably(memory_path(former), Memory(remote=False, button=False).model_dump_json())
    random_id(former)
    assert left_behind(FILE, "", settings(former), settings(wanted, "pi-b12")) == [], "the file names the device"
    wanted.symlink_to(former)
    tightened(former)
    assert left_behind(FILE, "", settings(former), settings(wanted)) == [], "it is the same folder"
