"""A restore that fails: the history is as it was, or the message says what lies where."""

import errno
import os
from pathlib import Path

import pytest

from edge.errors import Unavailable
from edge.hub.backup import backup, restore
from edge.hub.settings import HubSettings
from edge.hub.store.database import Database
from edge.hub.store.history import History
from edge.hub.store.writer import Store
from tests.hub.stored import of
from tests.views.published import Device


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """A history with one record more than its backup."""
    database = Database(HubSettings.model_validate({"store": {"directory": str(tmp_path / "hub")}}))
    database.upgrade()
    device, store = Device("pi-1"), Store(database, 10)
    store.write(of(device.next()), {})
    backup(database, tmp_path / "copy")
    store.write(of(device.next()), {})
    database.engine.dispose()
    return database


def records(database: Database) -> int:
    return len(list(History(database).every_record(None, 0, 2**33)))


def failing_renames(monkeypatch: pytest.MonkeyPatch, *targets: str) -> None:
    """Let renames to these names fail, as on a disk that breaks."""
    rename = Path.rename

    def rename_or_fail(self: Path, target: Path) -> Path:
        if any(self.name.endswith(each) for each in targets):
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", rename_or_fail)


def test_a_restore_whose_last_rename_fails_changes_nothing(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_renames(monkeypatch, ".restored")
    with pytest.raises(Unavailable, match="cannot be replaced .* it is as it was"):
        restore(database, tmp_path / "copy")
    assert records(database) == 2
    assert not [each for each in (tmp_path / "hub").iterdir() if "before" in each.name or "restored" in each.name]


def test_where_that_cannot_be_taken_back_the_message_says_what_lies_where(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        failing_renames(broken, ".restored", "Z")  # the former history, too, cannot be renamed back
        with pytest.raises(Unavailable, match="is not there now") as caught:
            restore(database, tmp_path / "copy")
    words = str(caught.value).split()
    command = words[words.index("mv") :]
    (kept,) = (tmp_path / "hub").glob("history.sqlite.before-*Z")
    assert command == ["mv", str(kept), str(database.file)]
    assert str(tmp_path / "hub" / "history.restored") in str(caught.value)
    kept.rename(command[2])  # the remedy
    assert records(database) == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can restore for another user")
def test_what_root_restores_belongs_to_the_user_of_the_hub(database: Database, tmp_path: Path) -> None:
    folder, user = tmp_path / "hub", 4242
    for file in folder.iterdir():
        file.unlink()
    os.chown(folder, user, user)
    restore(database, tmp_path / "copy")
    assert records(database) == 1
    assert {(file.name, file.stat().st_uid) for file in folder.iterdir()} >= {
        ("history.sqlite", user),
        ("history.lock", user),
    }
    assert {file.stat().st_uid for file in folder.iterdir()} == {user}
